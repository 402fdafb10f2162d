"""Runners on which jobs of different worlds meet."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from identity.models import User
from jobs.models import Runner
from jobs.runners.isolation import SHELL
from jobs.runners.services import answers_for, update_runner
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

    def may_change(self, row: Runner, user: User) -> bool:
        """It takes all the projects that it serves."""
        return answers_for(row, user)

    def runners(self, scope: Scope) -> QuerySet[Runner]:
        rows = Runner.objects.filter(paused=False).order_by()
        if scope.target is None:
            return rows
        through = Runner.projects.through.objects.filter(runner=OuterRef("pk"))
        own = Exists(through.filter(project__in=scope.project_ids))
        return rows.filter(Q(runner_type=RunnerType.PROJECT) & own | Q(group__in=scope.groups))

    def label(self, row: Runner, hidden: Any) -> str:
        # A runner need not have a description.
        return (_("Runner #%(pk)s %(description)s") % {"pk": row.pk, "description": row.description}).strip()

    def url(self, row: Runner) -> str:
        return reverse("group_runner", args=[row.group.full_path, row.pk]) if row.group else ""

    def effects(self, row: Runner) -> Effects:
        running = row.jobs.filter(status__in=EXECUTING).count()
        what = ngettext(
            "job of it goes on to its end; it takes no new one.", "jobs of it go on; it takes no new one.", running
        )
        return [(running, what, "")]

    def fix(self, row: Runner, by: User) -> None:
        update_runner(row, by=by, paused=True)


class SharedShell(RunnerCheck):
    name = "shared_shell"
    severity = Severity.CRITICAL
    title = gettext_lazy("Runner without isolation that several projects share")
    why = gettext_lazy("A job there reads what other projects’ jobs leave on the disk, their tokens included.")

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
