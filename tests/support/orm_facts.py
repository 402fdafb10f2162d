"""The facts of a check as one would read them with the ORM: what the prepared statement is compared with."""

from __future__ import annotations

from django.db.models import QuerySet, Subquery

from identity.models import User, today
from jobs.models import Job, JobToken
from jobs.policy_caller import caller_of
from projects.models import Group, Project
from projects.roles.roles import role_of
from tokenaccess import models
from tokenaccess.access.facts import PUSH_SWITCH, find_project, is_switch_on, settings_of, target_from_row
from tokenaccess.access.id_or_path import IdOrPath
from tokenaccess.models import AllowlistEntry, JobAddress
from tokenaccess.policy import Entry, Facts, Target, callers
from tokenaccess.policy.addresses import AddressCheck
from tokenaccess.policy.conditions import JobContext, conditions_of
from tokenaccess.policy.facts import NO_FACTS, EntryState
from tokenaccess.policy.group_rules import GroupRule, admission
from tokenaccess.policy.levels import AddressMode
from tokenaccess.policy.narrowing import narrowing_of


def job_facts_by_orm(digest: str, id_or_path: IdOrPath) -> tuple[callers.Job, Facts] | None:
    token = JobToken.objects.select_related("job__project", "job__user").filter(digest=digest).first()
    if token is None:
        return None
    project = find_project(id_or_path)
    caller, facts = (caller_of(token.job), NO_FACTS) if project is None else facts_of_job(token.job, project)
    narrowing = narrowing_of(token.narrowed_to)
    return caller._replace(stopped=token.stopped_at is not None, narrowing=narrowing), facts


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


def project_target(project: Project) -> Target:
    settings = settings_of(project)
    return target_from_row(project)._replace(
        mode=settings.effective_inbound_mode,
        takes_job_pushes=settings.takes_job_pushes,
        takes_cross_project_pushes=settings.takes_cross_project_pushes,
    )


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


def narrowed_caller_of(job: Job) -> callers.Job:
    """As `caller_of`, with what the job left of its token. One statement more."""
    stored = JobToken.objects.filter(job=job).values_list("narrowed_to", flat=True).first()
    return caller_of(job)._replace(narrowing=narrowing_of(stored or ""))


def context_of(job: Job) -> JobContext:
    """What the conditions of an allowlist entry may ask of it. One statement more."""
    address = JobToken.objects.filter(job=job).values_list("taken_from", flat=True).first()
    return JobContext(
        protected=job.protected,
        ref=job.pipeline.ref,
        tag=job.pipeline.tag,
        environment=job.environment.name if job.environment else "",
        pipeline_source=job.pipeline.source,
        fork=job.project.fork_origin is not None,
        manual_retry=job.manual_retry,
        runner_tags=frozenset(job.runner.tag_list if job.runner else ()),
        address=address or "",
    )
