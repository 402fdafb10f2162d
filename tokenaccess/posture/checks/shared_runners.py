"""Runners on which jobs of different worlds meet."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from identity.models import User
from jobs.models import Runner
from jobs.runners.isolation import SHELL
from jobs.runners.services import answers_for, runners_answered_for, update_runner
from jobs.runners.types import RunnerType
from jobs.states import EXECUTING
from projects.models import Project
from tokenaccess.policy.levels import Visibility
from tokenaccess.posture.check import Check, Effects, Severity
from tokenaccess.posture.scope import Scope


class RunnerCheck(Check[Runner]):
    """A project's own runners, those of groups, and at the instance all."""

    model = Runner
    related = ("group",)
    project_field = ""
    group_field = "group"
    fix_label = gettext_lazy("Pause the runner")
    fix_question = gettext_lazy("Pause this runner?")
    refusal = gettext_lazy("It also serves projects that you do not maintain")
    asks_each = True

    def may_change(self, row: Runner, user: User) -> bool:
        """It takes all the projects that it serves."""
        return answers_for(row, user)

    def changeable(self, pks: Collection[int], user: User) -> frozenset[int]:
        return runners_answered_for(pks, user)

    def with_names(self, rows: QuerySet[Runner], scope: Scope) -> QuerySet[Runner]:
        """`home`: the path of a project there that it serves; `served`: how many projects it is of."""
        through: Any = Runner.projects.through.objects.filter(runner=OuterRef("pk")).order_by()
        here = through.filter(project__in=scope.project_ids).order_by("project")
        counted = through.values("runner").annotate(count=Count("pk")).values("count")
        home = Subquery(here.values("project__full_path")[:1])
        return super().with_names(rows, scope).annotate(home=home, served=Coalesce(Subquery(counted), 0))

    def runners(self, scope: Scope) -> QuerySet[Runner]:
        rows = Runner.objects.filter(paused=False).order_by()
        if scope.target is None:
            return rows
        through = Runner.projects.through.objects.filter(runner=OuterRef("pk"))
        own = Exists(through.filter(project__in=scope.project_ids))
        return rows.filter(Q(runner_type=RunnerType.PROJECT) & own | Q(group__in=scope.groups))

    def label(self, row: Runner, hidden: Any) -> str:
        # A runner need not have a description.
        name = (_("Runner #%(pk)s %(description)s") % {"pk": row.pk, "description": row.description}).strip()
        return _("%(runner)s, %(whose)s") % {"runner": name, "whose": _whose(row)}

    def url(self, row: Runner) -> str:
        match row.runner_type:
            case RunnerType.INSTANCE:
                return reverse("instance_runner", args=[row.pk])
            case RunnerType.GROUP:
                return reverse("group_runner", args=[row.group.full_path, row.pk]) if row.group else ""
        home = getattr(row, "home", None)
        return reverse("project_runner", args=[home, row.pk]) if home else ""

    def effects(self, row: Runner) -> Effects:
        running = row.jobs.filter(status__in=EXECUTING).count()
        what = ngettext(
            "job of it goes on to its end; it takes no new one.", "jobs of it go on; it takes no new one.", running
        )
        return [(running, what, "")]

    def fix(self, row: Runner, by: User) -> None:
        update_runner(row, by=by, paused=True)


def _whose(row: Runner) -> str:
    """Of what it is; of several projects it names one only that is in the scope of the report."""
    home, others = getattr(row, "home", None), getattr(row, "served", 0) - 1
    if row.runner_type == RunnerType.INSTANCE:
        return _("for all projects")
    if row.group is not None:
        return _("of group %(path)s") % {"path": row.group.full_path}
    if home is None:
        return _("of no project")
    if others < 1:
        return _("of %(path)s") % {"path": home}
    words = ngettext("of %(path)s and %(count)d other project", "of %(path)s and %(count)d other projects", others)
    return words % {"path": home, "count": others}


class SharedShell(RunnerCheck):
    name = "shared_shell"
    severity = Severity.CRITICAL
    title = gettext_lazy("Runner without isolation that several projects share")
    why = gettext_lazy("A job there reads what other projects' jobs leave on the disk, their tokens included.")

    def rows(self, scope: Scope) -> QuerySet[Runner]:
        return self.runners(scope).filter(SHELL).filter(_serves_many())


class RunnerAcrossWorlds(RunnerCheck):
    name = "runner_across_worlds"
    severity = Severity.MEDIUM
    title = gettext_lazy("Runner shared between public and private projects")
    why = gettext_lazy("What anybody can propose to a public project runs beside the jobs of private ones.")

    def rows(self, scope: Scope) -> QuerySet[Runner]:
        public, private = Q(visibility=Visibility.PUBLIC), Q(visibility=Visibility.PRIVATE)
        return self.runners(scope).filter(_serves(public), _serves(private))


def _serves(which: Q) -> Q:
    alive = Project.objects.filter(which, pending_deletion=False).order_by()
    below = alive.filter(group__ancestor_links__ancestor=OuterRef("group"))
    own = Q(runner_type=RunnerType.PROJECT) & Q(Exists(alive.filter(runners=OuterRef("pk"))))
    anywhere = Q(runner_type=RunnerType.INSTANCE) & Q(Exists(alive.filter(shared_runners_enabled=True)))
    return own | Q(runner_type=RunnerType.GROUP) & Q(Exists(below)) | anywhere


def _serves_many() -> Q:
    through: Any = Runner.projects.through.objects.filter(runner=OuterRef("pk")).order_by()
    many = through.values("runner").annotate(count=Count("pk")).filter(count__gt=1)
    return Q(Exists(many)) | ~Q(runner_type=RunnerType.PROJECT)
