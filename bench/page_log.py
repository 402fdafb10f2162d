"""The access log of a benchmark's world: what was used and refused, what trials would have refused, and from where the
tokens of jobs were used."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from django.utils import timezone

from bench.copying import Table
from bench.place import Place
from jobs.models import Job, Runner
from projects.models import Project
from tokenaccess.models import AuthorizationRecord, DailyCount, JobAddress, RefusalRecord, TokenAccessSettings
from tokenaccess.policy import Action
from tokenaccess.policy.levels import InboundMode

DAYS = 90
JOBS = 5  # of one source that a trial would have refused at one target
TENTH = 10
USES = 3  # of each job's token, by address


def fill(target: int, sources: list[int], others: list[int], rows: int) -> None:
    """`target` and one in twenty others are on trial; a tenth of what that would have refused is at `target`."""
    now, today = timezone.now(), timezone.now().date()
    counts = Table(DailyCount, "accessed_project_id", "day", "origin_project_id", uses=7, refusals=1)
    counts.fill(_days(target, [*sources, *others[-len(sources) :]], today, rows // 100))
    counts.fill(_spread(others, today, rows))
    on_trial = [target, *others[1::20]]
    TokenAccessSettings.objects.filter(pk__in=on_trial).update(inbound_mode=InboundMode.TRIAL)
    tried = [
        (on_trial[pair % len(on_trial) if pair % TENTH else 0], others[-1 - pair % len(others)])
        for pair in range(rows // 100 // JOBS)
    ]
    records = Table(AuthorizationRecord, "accessed_project_id", "origin_project_id", last_authorized_at=now, used={})
    used = [(project, source) for project, day, source in _spread(others, today, rows) if day == today]
    records.fill(dict.fromkeys([*((target, source) for source in sources), *used, *tried]))
    _fill_refusals(target, others, rows // 50)
    trials = _refusals("project_id", "origin_project_id", "job_id", trial=True)
    trials.fill((*pair, number * JOBS + job) for number, pair in enumerate(tried) for job in range(JOBS))


def _fill_refusals(target: int, others: list[int], rows: int) -> None:
    refusals = _refusals("origin_project_id", "job_id", "project_id")
    refusals.fill((others[-1 - number % min(500, len(others))], number, target) for number in range(rows))


def _refusals(*varying: str, trial: bool = False) -> Table:
    now = timezone.now()
    said: dict[str, Any] = {"action": str(Action.READ_PACKAGES), "rule": "admitted", "sentence": "Not listed."}
    return Table(RefusalRecord, *varying, count=3, first_at=now, last_at=now, trial=trial, **said)


def fill_addresses(place: Place) -> None:
    """Every job of the world ran on the first runner of the project, the group … and used its token in its own project
    and that one's neighbours; a hundredth of them in `place`."""
    first = Runner.objects.filter(description__in=[f"{home}1" for home in place.homes])
    by_home, now = list(first.values_list("pk", flat=True)), timezone.now()
    projects = list(Project.objects.order_by("pk").values_list("pk", flat=True))
    order = {project: number for number, project in enumerate(projects)}
    uses = Table(JobAddress, "job_id", "project_id", "runner_id", "address", "elsewhere", "first_at")
    uses.fill(
        (
            job,
            projects[(order[project if number % 100 else place.project.pk] + use) % len(projects)],
            by_home[number % len(by_home)],
            f"198.51.100.{number % 250}",
            number % 50 == 0,
            at,
        )
        for number, (job, project) in enumerate(Job.objects.order_by("pk").values_list("pk", "project"))
        for at in [now - timedelta(days=number // len(by_home) % DAYS)]
        for use in range(USES)
    )


def _days(target: int, sources: list[int], today: date, rows: int) -> Iterator[tuple[Any, ...]]:
    for number in range(min(rows, DAYS * len(sources))):
        yield target, today - timedelta(days=number % DAYS), sources[number // DAYS]


def _spread(projects: list[int], today: date, rows: int) -> Iterator[tuple[Any, ...]]:
    """Each project is reached by the next few, day by day."""
    for number in range(rows):
        place, day = divmod(number, DAYS)
        step, first = divmod(place, len(projects))
        yield projects[first], today - timedelta(days=day), projects[(first + step + 1) % len(projects)]
