"""What the checks of schedules have in common."""

from __future__ import annotations

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from identity.models import User
from jobs.models import Schedule
from jobs.triggers.schedules import pause_schedule
from tokenaccess.policy import Action
from tokenaccess.policy.levels import FeatureLevel
from tokenaccess.posture.check import Check, Effects
from tokenaccess.posture.scope import Scope


class ScheduleCheck(Check[Schedule]):
    model = Schedule
    related = ("project", "owner")
    fix_label = gettext_lazy("Pause the schedule")
    fix_question = gettext_lazy("Pause this schedule?")
    fix_action = Action.TAKE_SCHEDULES

    def schedules(self, scope: Scope) -> QuerySet[Schedule]:
        """Those that start pipelines: in an archived project, and in one without CI, none does."""
        active = Schedule.objects.filter(active=True, owner__is_active=True).order_by()
        active = active.filter(project__archived=False).exclude(project__builds_access_level=FeatureLevel.DISABLED)
        return active.filter(project__in=scope.project_ids)

    def label(self, row: Schedule, hidden: frozenset[tuple[str, int]]) -> str:
        names = {"name": row.description, "project": row.project.full_path, "ref": row.ref.removeprefix("refs/heads/")}
        owner = "" if row.owner is None else row.owner.username
        return _("Schedule “%(name)s” of %(project)s on %(ref)s, which runs as %(owner)s") % {**names, "owner": owner}

    def url(self, row: Schedule) -> str:
        return reverse("project_schedules", args=[row.project.full_path])

    def effects(self, row: Schedule) -> Effects:
        return [(1, _("schedule starts no pipeline until somebody turns it on again."), "")]

    def fix(self, row: Schedule, by: User) -> None:
        pause_schedule(row, by=by)
