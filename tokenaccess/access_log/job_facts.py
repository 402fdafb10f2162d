"""The facts about a job that asked for something, for the page that explains a refusal: its token is not at hand."""

from __future__ import annotations

from django.db.models import QuerySet, Subquery

from identity.models import User, today
from jobs.models import Job
from jobs.policy_caller import context_of, narrowed_caller_of
from projects.models import Group, Project
from projects.roles.roles import role_of
from tokenaccess import models
from tokenaccess.access.facts import PUSH_SWITCH, is_switch_on, project_target, settings_of
from tokenaccess.models import AllowlistEntry, JobAddress
from tokenaccess.policy import Entry, Facts, callers
from tokenaccess.policy.addresses import AddressCheck
from tokenaccess.policy.conditions import conditions_of
from tokenaccess.policy.facts import EntryState
from tokenaccess.policy.group_rules import GroupRule, admission
from tokenaccess.policy.levels import AddressMode


def facts_of_job(job: Job, project: Project) -> tuple[callers.Job, Facts]:
    """The same facts as the statement of the check finds for the job's token, read by the ORM."""
    facts = facts_between(job.project, job.user, project)
    if facts.address is not None:
        facts = facts._replace(address=_address(job, facts))
    if facts.entry is not None and facts.entry.conditions:
        facts = facts._replace(job_context=context_of(job))
    return narrowed_caller_of(job), facts


def _address(job: Job, facts: Facts) -> AddressCheck:
    """With the address of its runner, and the last from elsewhere that the token was used from. One statement."""
    last = JobAddress.objects.filter(job=job, elsewhere=True).order_by("-first_at").values("address")[:1]
    rows = Job.objects.filter(pk=job.pk).annotate(used_from=Subquery(last))
    taken_from, networks, used_from = rows.values_list("token__taken_from", "token__networks", "used_from").get()
    assert facts.address is not None
    return facts.address._replace(taken_from=taken_from or "", networks=tuple(networks or ()), used_from=used_from)


def facts_between(source: Project, user: User | None, project: Project) -> Facts:
    """Of a job of `source` that `user` started, and `project`."""
    going, coming = settings_of(source), settings_of(project)
    limits_outbound = going.limits_outbound
    outbound = AllowlistEntry.objects.outbound().filter(project=source, target_project=project).first()
    state = outbound.state_on(today()) if limits_outbound and outbound is not None else None
    target = project_target(project)
    entry, barred_by = admission(nearest_entry(project.allowlist.inbound(), source), rules_between(source, project))
    return Facts(
        target=target,
        role=role_of(user, project),
        switch_on=is_switch_on(),
        entry=entry,
        outbound_limited=limits_outbound,
        outbound_listed=state is EntryState.ACTIVE,
        cross_project_pushes=target.takes_cross_project_pushes and is_switch_on(PUSH_SWITCH),
        outbound_lapse=state or None,
        address=AddressCheck(AddressMode(mode), "") if (mode := max(going.address_mode, coming.address_mode)) else None,
        barred_by=barred_by,
    )


def rules_between(source: Project, target: Project) -> list[GroupRule]:
    """Of the groups above the target, with what their lists say of the source."""
    return [
        GroupRule(rule.pk, rule.has_ceiling, nearest_entry(rule.group.allowlist.all(), source))
        for rule in models.GroupRule.objects.above(target.group_id).select_related("group")
    ]


def nearest_entry(
    inbound: QuerySet[models.AllowlistEntry] | QuerySet[models.GroupAllowlistEntry], source: Project
) -> Entry | None:
    """Of one list, the entry for the source, else the one for the nearest group above it, whether or not it has
    lapsed."""
    above = list(Group.objects.above(source.group_id).values_list("pk", flat=True))
    listed = {found.target_group_id: found for found in inbound.filter(target_group__in=above)}
    own = inbound.filter(target_project=source).first()
    entry = own or next((listed[group] for group in above if group in listed), None)
    if entry is None:
        return None
    granted = () if entry.default_permissions else entry.permissions
    conditions = conditions_of(entry.conditions)
    return Entry(entry.default_permissions, frozenset(granted), entry.state_on(today()), conditions=conditions)
