"""Schedules whose owner runs pipelines in other groups too."""

from __future__ import annotations

from django.db.models import F, Max, Min, OuterRef, QuerySet, Subquery
from django.utils.translation import gettext_lazy as _

from jobs.models import Schedule
from projects.models import GroupAncestor
from tokenaccess.posture.check import Severity
from tokenaccess.posture.checks.schedules import ScheduleCheck
from tokenaccess.posture.scope import Scope


class OwnerAcrossBorders(ScheduleCheck):
    name = "owner_across_borders"
    severity = Severity.MEDIUM
    title = _("One account runs schedules in several top-level groups")
    why = _("Its job token reaches from this project into the other groups, and from there into this one.")

    def rows(self, scope: Scope) -> QuerySet[Schedule]:
        rows = self.schedules(scope)
        # Once for each schedule of these owners: compared with each other one by one, 200 of one owner took 10 seconds.
        theirs = Schedule.objects.filter(active=True, owner__in=rows.values("owner")).order_by()
        by_owner = theirs.alias(top=_top_group("project__group")).values("owner")
        owners = by_owner.alias(first=Min("top"), last=Max("top")).exclude(first=F("last"))
        return rows.filter(owner__in=owners.values("owner"))


def _top_group(path: str) -> Subquery:
    links = GroupAncestor.objects.filter(group=OuterRef(path))
    return Subquery(links.order_by(F("distance").desc()).values("ancestor")[:1])
