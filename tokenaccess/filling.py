"""Turning the limit on for many projects at once without shutting out who came in (job-token.md §6, the bulk task)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from projects.models import Group, Project
from tokenaccess import services
from tokenaccess.errors import TokenAccessError
from tokenaccess.services.autopopulate import plan_for


@dataclass(frozen=True, slots=True)
class Choice:
    """Which projects: `only` these (None: all), but not those `without`."""

    MOST: ClassVar[int] = 1000

    only: frozenset[int] | None = None
    without: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was, or in a preview would be, added to the list of `project`; or why nothing was."""

    project: Project
    added: list[Project | Group]
    error: str = ""


def fill(choice: Choice, *, preview: bool) -> Iterator[Outcome]:
    """One project after the other, each by itself: what cannot be done for one is done for the others."""
    projects = Project.objects.alive().exclude(pk__in=choice.without).order_by("pk")
    if choice.only is not None:
        projects = projects.filter(pk__in=choice.only)
    for pk in list(projects.values_list("pk", flat=True)):
        project = Project.objects.get(pk=pk)
        try:
            if preview:
                plan = plan_for(project)
                yield Outcome(project, [*plan.groups, *plan.projects])
            else:
                entries = services.autopopulate(project, by=None)
                yield Outcome(project, [entry.target for entry in entries])
        except TokenAccessError as error:
            yield Outcome(project, [], error.message)
