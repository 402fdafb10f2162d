"""The state of a project's Token Access in figures, for the head of its settings page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.db.models import Count, Q

from audit.models import AuditEvent
from identity.models import User
from projects.models import Project
from tokenaccess.access.facts import FEATURE_SWITCH, PUSH_SWITCH, read_switches, settings_of
from tokenaccess.allowlist.display.tables import count_admitted_projects
from tokenaccess.allowlist.group_rules.group_lock import locked_sentence
from tokenaccess.allowlist.group_rules.inherited import combine
from tokenaccess.allowlist.impact import impact
from tokenaccess.allowlist.impact.impact import RefusalCount
from tokenaccess.allowlist.impact.trial import days_that_count
from tokenaccess.allowlist.services.limits import INBOUND_EVENTS
from tokenaccess.models import AllowlistEntry, Direction, GroupRule, TokenAccessSettings
from tokenaccess.policy.levels import InboundMode


@dataclass(frozen=True)
class TokenAccessSummary:
    """Limits, sizes of the allowlists, and counts from the log of the last WINDOW_DAYS days.

    `blocked_sources`: of the last `blocked_days`, more of them while the limit is on trial.
    `switch_on`: the feature switch; while off, no limit applies. `enforced`: the instance keeps the inbound limit on.
    `inherited`: entries on the lists of the groups above.
    `admitted_projects`: 0 where no group is listed. `unblocked_outbound`: none where the outbound limit is off.
    """

    settings: TokenAccessSettings
    switch_on: bool
    pushes_switch_on: bool
    enforced: bool
    max_entries: int
    projects: int
    groups: int
    inherited: int
    autopopulated: int
    admitted_projects: int
    outbound: int
    recent_sources: int
    recent_targets: int
    refusals: RefusalCount
    blocked_sources: int
    blocked_days: int
    blocked_targets: int
    unblocked_inbound: RefusalCount
    unblocked_outbound: RefusalCount
    editor_needs_both: bool
    rules_above: list[GroupRule]
    group_rule: GroupRule
    lock_sentence: str

    @cached_property
    def group_mode(self) -> str:
        """What the groups above have the project do at least: enforced, trial or open."""
        return InboundMode(self.group_rule.inbound_mode).name.lower()

    @cached_property
    def is_fixed(self) -> bool:
        """Whether nothing that the project chooses opens it: the instance or a group enforces the limit."""
        return self.settings.least_inbound_mode is InboundMode.ENFORCED

    @cached_property
    def limited(self) -> bool:
        return self.settings.inbound_limit_applies

    @cached_property
    def is_trial(self) -> bool:
        return self.settings.effective_inbound_mode is InboundMode.TRIAL

    @cached_property
    def may_be_open(self) -> bool:
        """Whether the instance and the groups above let the project do less than a trial."""
        return self.settings.least_inbound_mode is InboundMode.OPEN

    @cached_property
    def state(self) -> str:
        """The name of the badge: enforced, trial, open or off."""
        return self.settings.effective_inbound_mode.name.lower() if self.switch_on else "off"


def summarize(project: Project, user: User) -> TokenAccessSummary:
    """Counts only what `user` may know. About a dozen statements, however long the lists are."""
    sizes = _list_sizes(project)
    settings = settings_of(project)
    instance = settings.instance
    rules, inherited = _rules_above(project)
    rule, lock = combine(project.group, rules), next((one for one in rules if one.is_locked), None)
    switches = read_switches()
    refusals, unblocked = impact.count_inbound_refusals(project)
    settings.group_mode = InboundMode(rule.inbound_mode)
    days = days_that_count(settings)
    return TokenAccessSummary(
        settings=settings,
        switch_on=switches[FEATURE_SWITCH],
        pushes_switch_on=switches[PUSH_SWITCH],
        enforced=instance.enforce_inbound,
        max_entries=instance.allowlist_limit,
        projects=sizes["projects"],
        groups=sizes["groups"],
        inherited=inherited,
        autopopulated=sizes["autopopulated"],
        admitted_projects=count_admitted_projects(project) if sizes["groups"] else 0,
        outbound=sizes["outbound"],
        recent_sources=impact.inbound_authorizations(project).count(),
        recent_targets=impact.outbound_authorizations(project).count(),
        refusals=refusals,
        blocked_sources=0 if settings.inbound_limit_applies else impact.count_blocked_inbound(project, days),
        blocked_days=days,
        blocked_targets=0 if settings.limits_outbound else len(impact.targets_blocked_outbound(project)),
        unblocked_inbound=unblocked,
        unblocked_outbound=(
            impact.requests_unblocked_outbound(project, user) if settings.limits_outbound else RefusalCount(0, 0)
        ),
        editor_needs_both=instance.editor_needs_both,
        rules_above=rules,
        group_rule=rule,
        lock_sentence="" if lock is None else locked_sentence(lock, user),
    )


def _rules_above(project: Project) -> tuple[list[GroupRule], int]:
    """And the number of entries on the lists of their groups: no other group has a list. One statement."""
    rules = GroupRule.objects.above(project.group_id).select_related("group")
    found = rules.annotate(entries=Count("group__allowlist"))
    return list(found), sum(one.entries for one in found)


def _list_sizes(project: Project) -> dict[str, int]:
    """Of both lists. One statement."""
    inbound = Q(direction=Direction.INBOUND)
    return AllowlistEntry.objects.filter(project=project).aggregate(
        projects=Count("pk", filter=inbound & Q(target_project__isnull=False)),
        groups=Count("pk", filter=inbound & Q(target_group__isnull=False)),
        autopopulated=Count("pk", filter=inbound & Q(autopopulated=True)),
        outbound=Count("pk", filter=Q(direction=Direction.OUTBOUND)),
    )


@dataclass(frozen=True, slots=True)
class LimitChange:
    """Who changed a limit last, and when. `by` is "" and `at` the project's creation if nobody did."""

    by: str
    at: datetime


def last_inbound_change(project: Project, mode: InboundMode) -> LimitChange:
    event, _ = INBOUND_EVENTS[mode]
    last = AuditEvent.objects.of_project(project.pk).filter(event=event).order_by("-id").first()
    return LimitChange(last.actor_name, last.at) if last else LimitChange("", project.created_at)
