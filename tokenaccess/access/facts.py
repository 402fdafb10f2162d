"""Gathers the facts; `policy` judges them. No rule lives here.

For jobs one prepared statement answers everything. For people: the target, and their role there.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Any, NamedTuple, TypeVar

from waffle.models import Switch

from audit.client_address import client_address
from identity.models import User
from projects.models import Group, GroupAncestor, Project
from projects.roles.roles import role_of
from tokenaccess.access.id_or_path import IdOrPath
from tokenaccess.access.sql import bulk_check, job_check, person_check, preflight
from tokenaccess.access.sql.bulk_check import JobOnProject
from tokenaccess.access.sql.joined_read import JoinedReadParams
from tokenaccess.access.sql.project_search import ProjectSearchParams
from tokenaccess.models import TokenAccessSettings
from tokenaccess.policy import DeployKey, DeployToken, Entry, Facts, Job, Person, Target, group_rules
from tokenaccess.policy.actions import TargetKind
from tokenaccess.policy.addresses import AddressCheck
from tokenaccess.policy.conditions import JobContext, conditions_from_text
from tokenaccess.policy.facts import NO_FACTS, EntryState
from tokenaccess.policy.features import FEATURES, Feature
from tokenaccess.policy.granular import GranularScope, Place
from tokenaccess.policy.levels import AddressMode, FeatureLevel, InboundMode, Role, Visibility
from tokenaccess.policy.narrowing import narrowing_of

T = TypeVar("T")

FEATURE_SWITCH = "ci_scoped_job_token"
PUSH_SWITCH = "allow_push_to_allowlisted_projects"
# Every feature switch, and how it is when nobody ever touched it.
SWITCHES = {FEATURE_SWITCH: True, PUSH_SWITCH: False}
_LEVELS = {level.value: level for level in FeatureLevel}
_VISIBILITIES = {level.value: level for level in Visibility}
_MODES = {mode.value: mode for mode in InboundMode}
_STATES = {state.value: state for state in EntryState}
_ROLES = {role.value: role for role in Role}
_FEATURES = tuple(row.feature for row in FEATURES)


# --- Jobs -------------------------------------------------------------------------------------------------------------


def job_facts(
    digests: list[str], id_or_path: IdOrPath, joined: JoinedReadParams[T] | None = None
) -> tuple[Job, Facts, T | None] | None:
    """The job behind a token, the facts about what it asks for, and the joined read; None for an unknown token.

    One statement for each of the keys that a digest may have been made with, most often one.
    """
    for digest in digests:
        found = job_check.run(digest=digest, target=id_or_path, joined=joined)
        if found is not None:
            row, extra = found
            return _job(row), _used_facts(row), extra
    return None


def starting_job_facts(job_id: int, id_or_path: IdOrPath) -> tuple[Job, Facts] | None:
    """As `job_facts`, of a job that has no token yet; None if there is no such job. One statement."""
    row = job_check.run_for_starting_job(job_id=job_id, target=id_or_path)
    return None if row is None else (_job(row), _facts(row))


def own_job(digests: list[str], joined: JoinedReadParams[T] | None = None) -> tuple[Job, T | None] | None:
    """The job behind a token, and the joined read of it; None for an unknown token. One statement."""
    for digest in digests:
        found = job_check.run_for_job(digest=digest, joined=joined)
        if found is not None:
            return _job(found[0]), found[1]
    return None


def job_facts_of_many(job: Job, search: ProjectSearchParams) -> list[Facts]:
    """The facts about the job in each of the projects that the search finds, the oldest first. One statement."""
    return [_used_facts(row) for row in search.fetch_job_checks(job, job.id)]


def job_facts_by_name(job: Job, names: Sequence[IdOrPath]) -> dict[IdOrPath, Facts]:
    """The facts about the job and each of the projects that it names. Two statements at most."""
    rows = preflight.fetch(job.id, names)
    return {name: _used_facts(rows[name]) if name in rows else NO_FACTS for name in names}


class PairFacts(NamedTuple):
    """`entry_id`: of the target's entry that the facts are about; None if none names the job's project."""

    job: Job
    facts: Facts
    entry_id: int | None


def find_pairs(pairs: Sequence[JobOnProject]) -> list[PairFacts | None]:
    """What the check would find of each pair, in that order; None where there is no such job, source or target. One
    statement."""
    rows = bulk_check.fetch(pairs)
    return [_pair_facts(rows[place]) if place in rows else None for place in range(len(pairs))]


def _pair_facts(row: job_check.Row) -> PairFacts:
    return PairFacts(_job(row), _facts(row), row.entry_id)


def job_facts_of_pairs(pairs: Sequence[JobOnProject]) -> list[tuple[Job, Facts] | None]:
    """As `find_pairs`, the job and the facts alone."""
    return [None if one is None else (one.job, one.facts) for one in find_pairs(pairs)]


def _job(row: job_check.Row) -> Job:
    person = None
    if row.person_id is not None:
        person = Person(row.person_id, row.username, bool(row.admin), bool(row.external), bool(row.active))
    return Job(
        row.job_id,
        row.source_id,
        row.source_path,
        row.job_status,
        bool(row.job_erased),
        bool(row.source_gone),
        person,
        bool(row.stopped),
        narrowing=narrowing_of(row.narrowed_to) if row.narrowed_to else None,
    )


def _used_facts(row: job_check.Row) -> Facts:
    """Of the job that sends the request, which comes from somewhere."""
    return _facts(row, client_address() or "")


def _facts(row: job_check.Row, used_from: str | None = None) -> Facts:
    entry = None
    if row.entry_id is not None:
        granted = () if row.default_permissions else json.loads(row.permissions)
        conditions = conditions_from_text(row.conditions)
        entry = Entry(
            bool(row.default_permissions), frozenset(granted), _STATES[row.entry_state], conditions=conditions
        )
    mode, barred_by = row.inbound_mode, 0
    if row.group_rules is not None:
        rules, group_mode = _group_rules(row.group_rules)
        entry, barred_by = group_rules.admission(entry, rules)
        mode = max(mode, group_mode)
    target = _target(row, _MODES[mode], bool(row.takes_job_pushes), bool(row.takes_cross_project_pushes))
    role = Role.OWNER if row.admin else _ROLES[row.role or 0]
    facts = Facts(
        target,
        role,
        bool(row.switch_on),
        entry,
        bool(row.outbound_limited),
        row.outbound_state == EntryState.ACTIVE,
        bool(row.cross_project_pushes),
        outbound_lapse=_STATES[row.outbound_state] if row.outbound_state else None,
        address=_address(row, used_from) if row.address_mode else None,
        barred_by=barred_by,
        job_context=_job_context(row.job_context) if entry is not None and entry.conditions else None,
    )
    # Last, so that an absent target takes as long as a hidden one.
    return NO_FACTS if row.target_id is None else facts


def _address(row: job_check.Row, used_from: str | None) -> AddressCheck:
    networks = json.loads(row.networks) if isinstance(row.networks, str) else row.networks
    return AddressCheck(AddressMode(row.address_mode), row.taken_from or "", used_from, tuple(networks or ()))


def _group_rules(stored: str) -> tuple[list[group_rules.GroupRule], int]:
    """Of the groups above the target, the nearest first; and their strictest mode."""
    rows = sorted(json.loads(stored))
    rules = [_group_rule(group_id, *rule) for _distance, group_id, _mode, *rule in rows]
    return rules, max((mode for _distance, _id, mode, *_rule in rows), default=0)


def _group_rule(
    group_id: int,
    has_ceiling: bool,
    listed: int | None,
    state: int,
    default: bool | None,
    permissions: str | None,
    conditions: str,
) -> group_rules.GroupRule:
    if listed is None:
        return group_rules.GroupRule(group_id, bool(has_ceiling))
    granted = () if default else json.loads(permissions or "[]")
    entry = Entry(bool(default), frozenset(granted), _STATES[state], conditions=conditions_from_text(conditions))
    return group_rules.GroupRule(group_id, bool(has_ceiling), entry)


def _job_context(stored: str | None) -> JobContext | None:
    """None for a job that there is not yet."""
    if stored is None:
        return None
    protected, ref, tag, environment, source, origin, retry, tags, address = json.loads(stored)
    return JobContext(
        bool(protected),
        ref,
        bool(tag),
        environment or "",
        source,
        origin is not None,
        bool(retry),
        frozenset(json.loads(tags or "[]")),
        address or "",
    )


def _target(
    row: job_check.Row | person_check.ProjectRow,
    mode: InboundMode = InboundMode.ENFORCED,
    takes_job_pushes: bool = False,
    takes_cross_project_pushes: bool = False,
) -> Target:
    """What matters to jobs only is left out for people."""
    return Target(
        id=row.target_id or 0,
        path=row.target_path,
        visibility=_VISIBILITIES[row.visibility],
        features=_features(tuple(row.levels)),
        public_jobs=bool(row.public_jobs),
        archived=bool(row.archived),
        mode=mode,
        takes_job_pushes=takes_job_pushes,
        takes_cross_project_pushes=takes_cross_project_pushes,
    )


@lru_cache(maxsize=4096)
def _features(levels: tuple[int, ...]) -> Mapping[Feature, FeatureLevel]:
    """`levels`: in the order of FEATURES. Most projects have the same."""
    return MappingProxyType(dict(zip(_FEATURES, map(_LEVELS.__getitem__, levels), strict=True)))


def is_switch_on(name: str = FEATURE_SWITCH) -> bool:
    """A feature switch (SWITCHES). With FEATURE_SWITCH off neither limit is enforced; with PUSH_SWITCH on projects may
    take pushes from other projects' jobs."""
    return read_switches()[name]


def read_switches() -> dict[str, bool]:
    """Every feature switch, in one statement; with those that were set and that nothing here asks for."""
    return SWITCHES | dict(Switch.objects.order_by("name").values_list("name", "active"))


# --- People -----------------------------------------------------------------------------------------------------------


def person_of(
    user: User, scopes: frozenset[str] | None = None, granular: Iterable[Mapping[str, Any]] | None = None
) -> Person:
    """`granular`: as a fine-grained token keeps its scopes (identity.models.PersonalToken)."""
    return Person(
        user.pk,
        user.username,
        user.is_superuser,
        user.is_external,
        user.is_active,
        scopes,
        user.is_bot,
        None if granular is None else tuple(map(_granular_scope, granular)),
    )


def _granular_scope(stored: Mapping[str, Any]) -> GranularScope:
    return GranularScope(
        stored["access"],
        frozenset(stored["permissions"]),
        frozenset(stored.get("project_ids", ())),
        frozenset(stored.get("group_ids", ())),
    )


def project_facts(user: User | None, id_or_path: IdOrPath) -> Facts:
    """For people and visitors: the project and the person's role, in one statement. What the caller may not see
    takes the same work as what there is not."""
    row = person_check.fetch_project(0 if user is None else user.pk, id_or_path)
    return NO_FACTS if row is None else _person_facts(user, row)


def project_facts_by_name(user: User, names: Sequence[IdOrPath]) -> dict[IdOrPath, Facts]:
    """As `project_facts`, of each name. Two statements at most."""
    rows = person_check.fetch_projects(user.pk, names)
    return {name: _person_facts(user, rows[name]) if name in rows else NO_FACTS for name in names}


def _person_facts(user: User | None, row: person_check.ProjectRow) -> Facts:
    role = Role.OWNER if user is not None and user.is_superuser else _ROLES[row.role or 0]
    facts = Facts(_target(row), role)
    return NO_FACTS if row.target_id is None else facts


def group_facts(person: Person | None, id_or_path: IdOrPath) -> Facts:
    """As `project_facts`, of a group; `person` may be the one behind a job."""
    row = person_check.fetch_group(0 if person is None else person.id, id_or_path)
    if row is None:
        return NO_FACTS
    role = Role.OWNER if person is not None and person.admin else _ROLES[row.role or 0]
    facts = Facts(Target(row.target_id or 0, row.target_path, _VISIBILITIES[row.visibility]), role)
    return NO_FACTS if row.target_id is None else facts


def place_of(person: Person, kind: TargetKind, facts: Facts) -> Place | None:
    """Where the target is, for a fine-grained token. One statement, whether there is a target or not."""
    project = kind is TargetKind.PROJECT
    target = 0 if facts.target is None else facts.target.id
    below = {"group__projects": target} if project else {"group": target}
    above = GroupAncestor.objects.filter(**below).values_list("ancestor_id", "ancestor__person_id")
    rows = list(above)
    if facts.target is None:
        return None
    return Place(
        project_id=target if project else 0,
        group_ids=frozenset(group for group, _ in rows),
        personal=any(owner == person.id for _, owner in rows),
        member=facts.role >= Role.GUEST,
    )


def facts_of_deploy_token(token: DeployToken, kind: TargetKind, id_or_path: IdOrPath) -> Facts:
    """The project or group, and whether the token belongs there. Two statements, found or not."""
    project = kind is TargetKind.PROJECT
    facts = project_facts(None, id_or_path) if project else group_facts(None, id_or_path)
    target = 0 if facts.target is None else facts.target.id
    below = {"group__projects": target} if project else {"group": target}
    is_below = GroupAncestor.objects.filter(ancestor=token.group_id or 0, **below).exists()
    return facts._replace(is_home=is_below or (project and target != 0 and target == token.project_id))


def facts_of_deploy_key(key: DeployKey, id_or_path: IdOrPath) -> tuple[Facts, User | None]:
    """The project, and who let the key push there with their role."""
    facts = project_facts(None, id_or_path)
    target = 0 if facts.target is None else facts.target.id
    user = User.objects.filter(pk=key.pushes_to.get(target, 0), is_active=True).first()
    if user is None:
        return facts, None
    return facts._replace(role=role_of(user, Project(pk=target))), user


def find_project(id_or_path: IdOrPath) -> Project | None:
    projects = Project.objects.alive().select_related("group")
    at = projects.filter(pk=id_or_path.value) if id_or_path.path is None else projects.at_path(id_or_path.path)
    return at.first()


def find_group(id_or_path: IdOrPath) -> Group | None:
    groups = Group.objects.alive()
    at = groups.filter(pk=id_or_path.value) if id_or_path.path is None else groups.at_path(id_or_path.path)
    return at.first()


def target_from_row(row: Project | Group) -> Target:
    """What the row itself says: enough to judge people, to whom the limits do not apply."""
    if isinstance(row, Group):
        return Target(row.pk, row.full_path, _VISIBILITIES[row.visibility])
    return Target(
        id=row.pk,
        path=row.full_path,
        visibility=_VISIBILITIES[row.visibility],
        features=_features(tuple(getattr(row, feature.column) for feature in FEATURES)),
        public_jobs=row.public_jobs,
        archived=row.archived,
    )


def settings_of(project: Project) -> TokenAccessSettings:
    """The project's row, or an unsaved one with the defaults."""
    return TokenAccessSettings.objects.filter(pk=project.pk).first() or TokenAccessSettings(project=project)
