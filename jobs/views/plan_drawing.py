"""A drawing of the jobs that a pipeline would have: boxes in columns by step, and a line for each of their `needs`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from jobs.pipelines.dependency_graph import DependencyRow

MAX_JOBS = 120  # of a drawing that one can still read
MAX_LINES = 600
MAX_LABEL = 22  # characters
WIDTH, HEIGHT, GAP_X, GAP_Y, EDGE = 196, 46, 56, 14, 8


@dataclass(frozen=True)
class Box:
    """One job at its place, in the units of the drawing."""

    name: str
    stage: str
    x: int
    y: int

    @property
    def label(self) -> str:
        return self.name if len(self.name) <= MAX_LABEL else f"{self.name[: MAX_LABEL - 1]}…"

    @property
    def stage_label(self) -> str:
        return self.stage if len(self.stage) <= MAX_LABEL else f"{self.stage[: MAX_LABEL - 1]}…"

    @property
    def text_x(self) -> int:
        return self.x + 12

    @property
    def name_y(self) -> int:
        return self.y + 19

    @property
    def stage_y(self) -> int:
        return self.y + 36


@dataclass(frozen=True)
class Drawing:
    """`lines`: paths as SVG has them, from a job to the one that needs it."""

    width: int
    height: int
    boxes: list[Box]
    lines: list[str]


def draw(rows: Sequence[DependencyRow]) -> Drawing | None:
    """None where there is nothing to draw, or too much."""
    if not rows or len(rows) > MAX_JOBS:
        return None
    columns: dict[int, int] = {}
    boxes: dict[str, Box] = {}
    for row in rows:
        place = columns.get(row.step, 0)
        columns[row.step] = place + 1
        x, y = EDGE + (row.step - 1) * (WIDTH + GAP_X), EDGE + place * (HEIGHT + GAP_Y)
        boxes[row.job.name] = Box(row.job.name, row.job.stage, x, y)
    lines = [
        _line(boxes[link.name], boxes[row.job.name]) for row in rows for link in row.links or () if link.name in boxes
    ]
    if len(lines) > MAX_LINES:
        return None
    width = 2 * EDGE + max(columns) * (WIDTH + GAP_X) - GAP_X
    height = 2 * EDGE + max(columns.values()) * (HEIGHT + GAP_Y) - GAP_Y
    return Drawing(width, height, list(boxes.values()), lines)


def _line(start: Box, end: Box) -> str:
    """A curve from the right edge of one box to the left edge of the other."""
    x1, y1, x2, y2 = start.x + WIDTH, start.y + HEIGHT // 2, end.x, end.y + HEIGHT // 2
    bend = max(GAP_X // 2, (x2 - x1) // 2)
    return f"M{x1} {y1} C{x1 + bend} {y1} {x2 - bend} {y2} {x2} {y2}"
