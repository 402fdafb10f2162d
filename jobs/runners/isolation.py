"""Finds runners that run jobs of several projects in a plain shell on the same machine.

There a job can read what another one leaves on the disk, including its token. The executor is known from what managers
report; they report nothing about privileged containers.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Q

from jobs.models import Runner, RunnerManager
from jobs.runners.types import RunnerType
from projects.models import Project

SHELL = Q(Exists(RunnerManager.objects.filter(runner=OuterRef("pk"), info__executor="shell")))


@dataclass(frozen=True, slots=True)
class SharedShellRunners:
    """`count` of the `runners` that serve a project share a shell; paused runners are not counted."""

    count: int
    runners: int


def shared_shell_runners(project: Project) -> SharedShellRunners:
    """Count the shared shell runners that serve a project. One statement."""
    serving = Runner.objects.filter(pk__in=Runner.objects.available_to(project).order_by().values("pk"), paused=False)
    elsewhere = Runner.projects.through.objects.filter(runner=OuterRef("pk")).exclude(project=project.pk)
    shared = ~Q(runner_type=RunnerType.PROJECT) | Q(Exists(elsewhere))
    counted = serving.order_by().aggregate(count=Count("pk", filter=SHELL & shared), runners=Count("pk"))
    return SharedShellRunners(counted["count"], counted["runners"])


def is_shared(runner: Runner) -> bool:
    """Whether the runner may run jobs of more than one project."""
    return runner.runner_type != RunnerType.PROJECT or runner.projects.count() > 1
