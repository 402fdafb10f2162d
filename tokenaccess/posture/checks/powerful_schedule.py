"""Schedules that run what weaker people write with a stronger person's rights."""

from __future__ import annotations

from typing import Any

from django.db.models import (
    BooleanField,
    Case,
    Exists,
    F,
    Func,
    IntegerField,
    Max,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce, Replace
from django.utils.translation import gettext_lazy as _

from jobs.models import Schedule
from projects.models import ProtectedRef
from projects.models.effective_role import ProjectEffectiveRole
from tokenaccess.policy.levels import Role
from tokenaccess.posture.check import Severity
from tokenaccess.posture.checks.schedules import ScheduleCheck
from tokenaccess.posture.scope import Scope


class PowerfulSchedule(ScheduleCheck):
    name = "powerful_schedule"
    severity = Severity.HIGH
    title = _("Schedule of somebody more powerful than those who edit its branch")
    why = _("Whoever may push to the branch writes the script that runs with the schedule owner's rights.")

    def rows(self, scope: Scope) -> QuerySet[Schedule]:
        rows = self.schedules(scope).alias(least=_least_editor(), highest=_role_of_owner(scope))
        weaker = _roles(scope).filter(
            content_object=OuterRef("project"),
            role__gte=OuterRef("least"),
            role__lt=OuterRef("highest"),
            user__is_active=True,
        )
        strongest = _roles(scope).filter(
            content_object=OuterRef("content_object"), user=OuterRef("user"), role__gte=OuterRef(OuterRef("highest"))
        )
        # Not the bare condition: PostgreSQL would read the roles of all projects, for one join with all schedules.
        found = When(Exists(weaker.exclude(Exists(strongest))), then=Value(True))
        return rows.filter(Case(found, default=Value(False), output_field=BooleanField()))


def _roles(scope: Scope) -> QuerySet[ProjectEffectiveRole]:
    return ProjectEffectiveRole.objects.filter(Q(until=None) | Q(until__gt=scope.today)).order_by()


def _role_of_owner(scope: Scope) -> Any:
    held = _roles(scope).filter(content_object=OuterRef("project"), user=OuterRef("owner"))
    highest = Subquery(held.values("user").annotate(most=Max("role")).values("most")[:1])
    is_admin = When(owner__is_superuser=True, then=Value(Role.OWNER.value + 1))
    return Case(is_admin, default=Coalesce(highest, Value(0)), output_field=IntegerField())


def _least_editor() -> Any:
    """The least role that may push to the schedule's branch: of the protections that name it the one that lets most."""
    pattern = Replace(Replace(F("name"), Value("_"), Value("\\_")), Value("*"), Value("%"))
    named = ProtectedRef.objects.filter(project=OuterRef("project"), kind="branch", push_level__gt=0).order_by()
    short = Replace(OuterRef("ref"), Value("refs/heads/"), Value(""))
    named = named.filter(_Matches(short, pattern))
    least = named.values("project").annotate(least=Min("push_level")).values("least")[:1]
    return Coalesce(Subquery(least), Value(Role.DEVELOPER.value), output_field=IntegerField())


class _Matches(Func):
    template = "(%(expressions)s ESCAPE '\\')"
    arg_joiner = " LIKE "
    output_field = BooleanField()
    conditional = True
