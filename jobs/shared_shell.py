"""Runners that run jobs in a plain shell on a machine that several projects share: there a job can read what another
one leaves on the disk, its token too. Known by what a machine reports of itself, which is nothing about privileged
containers."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q

from jobs.models import Runner, RunnerManager
from jobs.models.runner import RunnerType
from jobs.runner_places import available_to
from projects.models import Project

SHELL = Q(Exists(RunnerManager.objects.filter(runner=OuterRef("pk"), info__executor="shell")))


@dataclass(frozen=True, slots=True)
class SharedShell:
    """`count` of the `runners` that may take a project's jobs are of this kind; paused ones take none."""

    count: int
    runners: int


def of_project(project: Project) -> SharedShell:
    """Two statements."""
    serving = Runner.objects.filter(pk__in=available_to(project).order_by().values("pk"), paused=False)
    elsewhere = Runner.projects.through.objects.filter(runner=OuterRef("pk")).exclude(project=project.pk)
    shared = ~Q(runner_type=RunnerType.PROJECT) | Q(Exists(elsewhere))
    return SharedShell(serving.filter(SHELL & shared).count(), serving.count())


def is_shared(runner: Runner) -> bool:
    """Whether more than one project's jobs may run there."""
    return runner.runner_type != RunnerType.PROJECT or runner.projects.count() > 1
