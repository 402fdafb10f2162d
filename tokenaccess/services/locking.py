"""One editor of a list at a time."""

from __future__ import annotations

from projects.models import Project
from tokenaccess.editors import hidden


def lock(*projects: Project) -> None:
    """Waits for any other change of these projects' rules, then holds them until the transaction ends.

    What is counted or looked up after this stays true, so two requests at once can neither list the same project twice
    nor exceed the limit. PostgreSQL locks the rows, always in the same order; SQLite's writers queue by themselves.
    Raises TokenAccessError when one of them is gone.
    """
    wanted = {project.pk for project in projects}
    rows = Project.objects.alive().filter(pk__in=wanted).order_by("pk")
    if len(rows.select_for_update(no_key=True).values_list("pk")) < len(wanted):
        raise hidden("project")
