"""Turn the limit on for many projects without blocking recent sources (job-token.md §6, the bulk task)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from projects.models import Group, Project
from tokenaccess.allowlist import services
from tokenaccess.allowlist.services.autopopulate import plan_autopopulate
from tokenaccess.errors import TokenAccessError


@dataclass(frozen=True, slots=True)
class ProjectSelection:
    """The project ids to `include` (None: all) and to `exclude`."""

    MAX_IDS: ClassVar[int] = 1000

    include: frozenset[int] | None = None
    exclude: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was added to the list of `project`, or in a preview would be; or why nothing was."""

    project: Project
    targets: list[Project | Group]
    error: str = ""


def autopopulate_all(selection: ProjectSelection, *, preview: bool) -> Iterator[Outcome]:
    """Each project in a transaction of its own, so that an error in one does not stop the others."""
    projects = Project.objects.alive().exclude(pk__in=selection.exclude).order_by("pk")
    if selection.include is not None:
        projects = projects.filter(pk__in=selection.include)
    for pk in list(projects.values_list("pk", flat=True)):
        project = Project.objects.get(pk=pk)
        try:
            if preview:
                plan = plan_autopopulate(project)
                yield Outcome(project, [*plan.groups, *plan.projects])
            else:
                entries = services.autopopulate(project, by=None)
                yield Outcome(project, [entry.target for entry in entries])
        except TokenAccessError as error:
            yield Outcome(project, [], error.message)
