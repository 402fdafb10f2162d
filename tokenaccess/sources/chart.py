"""Uses and refusals of the last CHART_DAYS days as figures per day, week by week for the table, and as bars.

Lengths are in units of the drawing's viewBox, in which a day is DAY_WIDTH wide.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Sum

from projects.models import Project
from tokenaccess.models import DailyCount
from tokenaccess.sources.log import first_day

CHART_DAYS = 90
DAY_WIDTH = 8
BAR_WIDTH = 6
USES_HEIGHT = 72  # above the line
REFUSALS_HEIGHT = 36  # below it
_MIN_HEIGHT = 2  # of a bar that is there at all


@dataclass(frozen=True, slots=True)
class Day:
    day: date
    uses: int
    refusals: int


@dataclass(frozen=True, slots=True)
class Bar:
    """`x`, `y`: its upper left corner."""

    x: int
    y: int
    height: int


@dataclass(frozen=True, slots=True)
class Week:
    """`first` to `last`: seven days, fewer at the beginning."""

    first: date
    last: date
    uses: int
    refusals: int


@dataclass(frozen=True, slots=True)
class Chart:
    days: list[Day]

    @property
    def uses(self) -> int:
        return sum(day.uses for day in self.days)

    @property
    def refusals(self) -> int:
        return sum(day.refusals for day in self.days)

    @property
    def max_uses(self) -> int:
        return max(day.uses for day in self.days)

    @property
    def max_refusals(self) -> int:
        return max(day.refusals for day in self.days)

    @property
    def width(self) -> int:
        return len(self.days) * DAY_WIDTH

    @property
    def use_bars(self) -> list[Bar]:
        heights = _heights([day.uses for day in self.days], USES_HEIGHT)
        return [Bar(x, USES_HEIGHT - height, height) for x, height in heights]

    @property
    def refusal_bars(self) -> list[Bar]:
        heights = _heights([day.refusals for day in self.days], REFUSALS_HEIGHT)
        return [Bar(x, USES_HEIGHT + 1, height) for x, height in heights]

    @property
    def use_path(self) -> str:
        return _path(self.use_bars)

    @property
    def refusal_path(self) -> str:
        return _path(self.refusal_bars)

    @property
    def weeks(self) -> list[Week]:
        """The latest first."""
        latest = self.days[::-1]
        parts = [latest[start : start + 7] for start in range(0, len(latest), 7)]
        return [
            Week(part[-1].day, part[0].day, sum(day.uses for day in part), sum(day.refusals for day in part))
            for part in parts
        ]


def read_chart(project: Project) -> Chart:
    """One statement."""
    first = first_day(CHART_DAYS)
    counts = DailyCount.objects.filter(accessed_project=project, day__gte=first).order_by().values("day")
    found = {row["day"]: row for row in counts.annotate(used=Sum("uses"), refused=Sum("refusals"))}
    days = [first + timedelta(days=number) for number in range(CHART_DAYS)]
    return Chart(
        [Day(day, found[day]["used"], found[day]["refused"]) if day in found else Day(day, 0, 0) for day in days]
    )


def _path(bars: list[Bar]) -> str:
    """All bars as one `d` of a path: 180 elements, each by the template, took as long as the table of sources."""
    return "".join(f"M{bar.x} {bar.y}h{BAR_WIDTH}v{bar.height}h-{BAR_WIDTH}z" for bar in bars)


def _heights(figures: list[int], height: int) -> list[tuple[int, int]]:
    """Where each bar begins and how long it is, for figures above 0."""
    most = max(figures)
    return [
        (number * DAY_WIDTH, max(figure * height // most, _MIN_HEIGHT))
        for number, figure in enumerate(figures)
        if figure
    ]
