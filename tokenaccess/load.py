"""Gathers the facts; `policy` judges them. No rule lives here.

For jobs one prepared statement answers everything. For people: the target, and their standing on it.
"""

from __future__ import annotations

import json
from typing import Any

from waffle.models import Switch

from identity.models import User
from jobs.models import Job as StoredJob
from jobs.models import JobToken
from jobs.own_job import OwnJob
from projects.models import Group, Project
from projects.roles import standing, today
from tokenaccess import person_statement, statement
from tokenaccess.models import AllowlistEntry, InstanceSettings, TokenAccessSettings
from tokenaccess.policy import Entry, Facts, Job, Person, Target
from tokenaccess.policy.actions import Feature
from tokenaccess.policy.facts import NOTHING
from tokenaccess.policy.levels import FeatureLevel, Role, Visibility
from tokenaccess.reference import Reference

SWITCH = "ci_scoped_job_token"
_LEVELS = {level.value: level for level in FeatureLevel}
_VISIBILITIES = {level.value: level for level in Visibility}
_ROLES = {role.value: role for role in Role}


# --- Jobs -------------------------------------------------------------------------------------------------------------


def job_facts(digests: list[str], reference: Reference) -> tuple[Job, Facts] | None:
    """The job behind a token and the facts about what it asks for; None for an unknown token. One statement."""
    found = job_facts_and(digests, reference, None)
    return None if found is None else found[:2]


def job_facts_and(
    digests: list[str], reference: Reference, asked: statement.Asked | None
) -> tuple[Job, Facts, list[Any] | None] | None:
    """The same, and the row of what was asked along; None where there is none."""
    for digest in digests:
        found = statement.run(digest=digest, target=reference, today=today(), asked=asked)
        if found is not None:
            row, along = found
            return _job(row), _facts(row), along
    return None


def own_job(digests: list[str]) -> tuple[Job, OwnJob] | None:
    """The job behind a token and what it may be told of itself; None for an unknown token. One statement."""
    for digest in digests:
        found = statement.run_for_job(digest=digest)
        if found is not None:
            return _job(found[0]), found[1]
    return None


def _job(row: statement.Row) -> Job:
    person = None
    if row.person_id is not None:
        person = Person(row.person_id, row.username, bool(row.admin), bool(row.external), bool(row.active))
    return Job(
        row.job_id, row.source_id, row.source_path, row.job_status, bool(row.job_erased), bool(row.source_gone), person
    )


def _facts(row: statement.Row) -> Facts:
    target = _target(row, limited=bool(row.limited), takes_job_pushes=bool(row.takes_job_pushes))
    entry = None
    if row.entry_id is not None:
        granted = () if row.default_permissions else json.loads(row.permissions)
        entry = Entry(bool(row.default_permissions), frozenset(granted))
    role = Role.OWNER if row.admin else _ROLES[row.role or 0]
    facts = Facts(target, role, bool(row.enforced), entry, bool(row.outbound_limited), bool(row.outbound_listed))
    # Last, so that an absent target takes as long as a hidden one.
    return NOTHING if row.target_id is None else facts


def _target(row: statement.Row | person_statement.ProjectRow, **limits: bool) -> Target:
    return Target(
        id=row.target_id or 0,
        path=row.target_path,
        visibility=_VISIBILITIES[row.visibility],
        features={
            Feature.REPOSITORY: _LEVELS[row.repository],
            Feature.BUILDS: _LEVELS[row.builds],
            Feature.PACKAGES: _LEVELS[row.packages],
        },
        public_jobs=bool(row.public_jobs),
        archived=bool(row.archived),
        **limits,
    )


def job_facts_by_orm(digest: str, reference: Reference) -> tuple[Job, Facts] | None:
    """The same answer as the prepared statement, as one would write it with the ORM: what it is held against."""
    token = JobToken.objects.select_related("job__project", "job__user").filter(digest=digest).first()
    return None if token is None else facts_of_job(token.job, reference)


def facts_of_job(job: StoredJob, reference: Reference) -> tuple[Job, Facts]:
    """What is known of a job, its token apart, that asks for something; for the twin above, and for explanations."""
    source, caller = job.project, caller_of(job)
    project = find_project(reference)
    if project is None:
        return caller, NOTHING
    limits_outbound = settings_of(source).limits_outbound
    sent_to = AllowlistEntry.objects.outbound().filter(project=source, target_project=project)
    return caller, Facts(
        target=project_target(project),
        role=Role.NONE if job.user is None else standing(job.user, project),
        enforced=is_enforced(),
        entry=nearest_entry(project, source),
        outbound_limited=limits_outbound,
        outbound_listed=limits_outbound and sent_to.exists(),
    )


def caller_of(job: StoredJob) -> Job:
    """The job as the policy judges it, with its project and person at hand."""
    source = job.project
    person = None if job.user is None else person_of(job.user)
    gone = source.pending_deletion or source.builds_access_level == FeatureLevel.DISABLED
    return Job(job.pk, source.pk, source.full_path, job.status, job.erased_at is not None, gone, person)


def nearest_entry(target: Project, source: Project) -> Entry | None:
    """The target's own entry for the source, else the one for the nearest group above it."""
    inbound = AllowlistEntry.objects.inbound().filter(project=target)
    entry = inbound.filter(target_project=source).first()
    if entry is None:
        above = list(Group.objects.above(source.group_id).values_list("pk", flat=True))
        listed = {found.target_group_id: found for found in inbound.filter(target_group__in=above)}
        entry = next((listed[group] for group in above if group in listed), None)
    if entry is None:
        return None
    return Entry(entry.default_permissions, frozenset() if entry.default_permissions else frozenset(entry.permissions))


def is_enforced() -> bool:
    """The feature switch: off, neither limit is enforced. On when nobody ever touched it."""
    return Switch.objects.filter(name=SWITCH).values_list("active", flat=True).first() is not False


# --- People -----------------------------------------------------------------------------------------------------------


def person_of(user: User, scopes: frozenset[str] | None = None) -> Person:
    return Person(user.pk, user.username, user.is_superuser, user.is_external, user.is_active, scopes)


def project_facts(user: User | None, reference: Reference) -> Facts:
    """For people and visitors: the project and the person's standing, in one statement. What the caller may not see
    takes the same work as what there is not."""
    row = person_statement.project(0 if user is None else user.pk, reference, today())
    if row is None:
        return NOTHING
    facts = Facts(_target(row), _role(user, row.role))
    return NOTHING if row.target_id is None else facts


def group_facts(user: User | None, reference: Reference) -> Facts:
    """As `project_facts`, of a group."""
    row = person_statement.group(0 if user is None else user.pk, reference, today())
    if row is None:
        return NOTHING
    facts = Facts(Target(row.target_id or 0, row.target_path, _VISIBILITIES[row.visibility]), _role(user, row.role))
    return NOTHING if row.target_id is None else facts


def _role(user: User | None, role: int | None) -> Role:
    return Role.OWNER if user is not None and user.is_superuser else _ROLES[role or 0]


def role_of(user: User | None, on: Project | Group) -> Role:
    return Role.NONE if user is None else standing(user, on)


def find_project(reference: Reference) -> Project | None:
    projects = Project.objects.alive().select_related("group")
    at = projects.at_path(reference.path) if reference.path is not None else projects.filter(pk=reference.id or 0)
    return at.first()


def find_group(reference: Reference) -> Group | None:
    groups = Group.objects.all()
    at = groups.at_path(reference.path) if reference.path is not None else groups.filter(pk=reference.id or 0)
    return at.first()


def group_target(group: Group) -> Target:
    return Target(group.pk, group.full_path, _VISIBILITIES[group.visibility])


def project_target(project: Project) -> Target:
    settings = settings_of(project)
    return plain_target(project)._replace(
        limited=settings.limits_inbound or InstanceSettings.current().enforce_inbound,
        takes_job_pushes=settings.takes_job_pushes,
    )


def plain_target(project: Project) -> Target:
    """The target as far as the project's own row tells: enough to judge people, whom the limits do not concern."""
    return Target(
        id=project.pk,
        path=project.full_path,
        visibility=_VISIBILITIES[project.visibility],
        features={
            Feature.REPOSITORY: _LEVELS[project.repository_access_level],
            Feature.BUILDS: _LEVELS[project.builds_access_level],
            Feature.PACKAGES: _LEVELS[project.package_registry_access_level],
        },
        public_jobs=project.public_jobs,
        archived=project.archived,
    )


def settings_of(project: Project) -> TokenAccessSettings:
    """The project's row, or an unsaved one with the defaults."""
    return TokenAccessSettings.objects.filter(pk=project.pk).first() or TokenAccessSettings(project=project)
