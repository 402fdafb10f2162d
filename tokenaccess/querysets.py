"""Querysets of allowlist entries and refusals."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Self, TypeVar

from django.db.models import Case, F, Max, Model, OuterRef, Q, QuerySet, Subquery, Sum, TextField, Value, When
from django.db.models.functions import Coalesce, Lower

from projects.models import Project
from tokenaccess.policy.facts import EntryState
from tokenaccess.policy.levels import InboundMode

if TYPE_CHECKING:
    from identity.models import User
    from tokenaccess.access.id_or_path import IdOrPath
    from tokenaccess.models import AllowlistEntry, GroupAllowlistEntry, GroupRule, RefusalRecord  # noqa: F401
    from tokenaccess.policy.actions import TargetKind


EntryT = TypeVar("EntryT", bound=Model)


class EntryQuerySet(QuerySet[EntryT]):
    """Entries of whatever lists."""

    def projects(self) -> Self:
        return self.exclude(target_project=None)

    def groups(self) -> Self:
        return self.exclude(target_group=None)

    def of_kind(self, kind: TargetKind) -> Self:
        return self.exclude(**{f"target_{kind}": None})

    def active(self, day: date) -> Self:
        """Those that admit somebody on that day, in UTC."""
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=day), suspended_at=None)

    def lapsed(self, day: date) -> Self:
        """The others."""
        return self.filter(Q(expires_at__lte=day) | Q(suspended_at__isnull=False))

    def in_state(self, state: EntryState, day: date) -> Self:
        """As `ListEntry.state_on` has it."""
        if state is EntryState.EXPIRED:
            return self.filter(expires_at__lte=day)
        alive = self.filter(Q(expires_at=None) | Q(expires_at__gt=day))
        return alive.filter(suspended_at__isnull=state is EntryState.ACTIVE)

    def for_target(self, kind: TargetKind, id_or_path: IdOrPath) -> Self:
        """Entries for the project or group of that id or path, except projects pending deletion."""
        target = f"target_{kind}"
        rows = self.exclude(target_project__pending_deletion=True)
        if id_or_path.path is None:
            return rows.filter(**{target: id_or_path.value})
        return rows.alias(lower_path=Lower(f"{target}__full_path")).filter(lower_path=id_or_path.path.lower())


class AllowlistQuerySet(EntryQuerySet["AllowlistEntry"]):
    def inbound(self) -> AllowlistQuerySet:
        return self.filter(direction="inbound")

    def outbound(self) -> AllowlistQuerySet:
        return self.filter(direction="outbound")


class GroupAllowlistQuerySet(EntryQuerySet["GroupAllowlistEntry"]):
    pass


class GroupRuleQuerySet(QuerySet["GroupRule"]):
    def above(self, group_id: int) -> GroupRuleQuerySet:
        """Those of the group and of the groups above it, the nearest first; each with its `distance`."""
        upper = self.filter(group__descendant_links__group=group_id)
        return upper.annotate(distance=F("group__descendant_links__distance")).order_by("distance")

    def strictest_modes(self, group_ids: Iterable[int]) -> dict[int, InboundMode]:
        """Group id → the strictest mode of it and of the groups above it; groups without one are left out. One
        statement."""
        below = "group__descendant_links__group"
        rows = self.filter(**{f"{below}__in": set(group_ids)}).order_by().values(below)
        strictest = rows.annotate(mode=Max("inbound_mode")).values_list(below, "mode")
        return {group: InboundMode(mode) for group, mode in strictest}


class RefusalQuerySet(QuerySet["RefusalRecord"]):
    def of_jobs_refused_since(self, start: datetime) -> RefusalQuerySet:
        """Includes older refusals of the same jobs, so that totals do not depend on how refusals were grouped."""
        return self.filter(job_id__in=self.filter(last_at__gte=start).order_by().values("job_id"))

    def summarize_for(self, user: User) -> QuerySet[Any, Any]:
        """Rows of `job_id`, `action`, `path`, `reason`, `total`, `at`, `by_rule` and `target`, latest first.

        `path` is that of the target. All hidden and absent targets are one row per job and action, without path and
        reason, so that neither rows nor totals distinguish them.
        """
        named = Project.objects.visible_to(user).filter(pk=OuterRef("project_id")).order_by().values("full_path")
        rows = self.annotate(path=Coalesce(Subquery(named), Value("")))
        rows = rows.annotate(reason=Case(When(path="", then=Value("", TextField())), default="sentence"))
        summed = rows.values("job_id", "action", "path", "reason").annotate(
            total=Sum("count"), at=Max("last_at"), by_rule=Max("rule"), target=Max("project_id")
        )
        return summed.order_by("-at", "job_id", "action", "path", "reason")

    def summarize_by_action(self) -> QuerySet[Any, Any]:
        """The same rows for who may know neither targets nor reasons: one row per job and action."""
        unnamed = {"path": Value(""), "reason": Value("", TextField()), "by_rule": Value(""), "target": Value(0)}
        summed = self.values("job_id", "action").annotate(total=Sum("count"), at=Max("last_at"))
        return summed.annotate(**unnamed).order_by("-at", "job_id", "action")
