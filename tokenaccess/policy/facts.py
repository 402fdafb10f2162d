"""What is known when a decision is made."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from types import MappingProxyType
from typing import NamedTuple

from tokenaccess.policy.addresses import AddressCheck
from tokenaccess.policy.conditions import Conditions, JobContext
from tokenaccess.policy.features import Feature
from tokenaccess.policy.granular import Place
from tokenaccess.policy.levels import FeatureLevel, InboundMode, Role, VariablesLevel, Visibility
from tokenaccess.policy.protected_refs import ProtectedRefContext


class Target(NamedTuple):
    """The project or group asked for. The fields from `features` on matter for projects only.

    `mode` is "Limit access to this project" as it takes effect: the strictest of the project's, those of the groups
    above it, and the instance's.
    `takes_job_pushes`: from its own jobs; with `takes_cross_project_pushes` also from those of listed projects.
    """

    id: int
    path: str
    visibility: Visibility
    features: Mapping[Feature, FeatureLevel] = MappingProxyType({})
    public_jobs: bool = True
    archived: bool = False
    mode: InboundMode = InboundMode.ENFORCED
    takes_job_pushes: bool = False
    takes_cross_project_pushes: bool = False


class EntryState(IntEnum):
    """Whether an allowlist entry admits anybody. One that is suspended and has expired counts as expired."""

    ACTIVE = 0
    EXPIRED = 1
    SUSPENDED = 2


class Entry(NamedTuple):
    """The allowlist entry that applies (policy.group_rules): the nearest, also where it admits nobody any more.

    `group_id`: of the group above the target whose list it is on, 0 for the target's own. `capped_by`: of the group
    whose ceiling took permissions away, 0 for none.
    """

    default_permissions: bool
    permissions: frozenset[str] = frozenset()
    state: EntryState = EntryState.ACTIVE
    group_id: int = 0
    capped_by: int = 0
    conditions: tuple[Conditions, ...] = ()


class Facts(NamedTuple):
    """`target` is None when there is none, or none of that name. `role` is the person's (the job's person's) there.

    `enforced` is the switch `ci_scoped_job_token`; `outbound_limited` and `outbound_listed` are the source project's
    "Limit access from this project" and whether its list then names the target; `outbound_lapse`: how an entry that
    names it lapsed. `cross_project_pushes` is the switch `allow_push_to_allowlisted_projects`, looked up only where the
    target takes such pushes, else False. `ref` is the branch or tag that the action touches, if any. `min_role` is what
    a protection or a setting asks on top of the action's own role. `job_id` is the job that is asked for by its number,
    0 if none is. `is_home`: the target is the project of the calling deploy token, or is its group or below it.
    `place`: of the target, for a fine-grained token; None for the instance, and where there is no target. `package`:
    kind and name of the package that is to be published, once they are known. `in_own_run`: what is asked for belongs
    to a job of the calling job's own pipeline, or of its parents or children. `address`: None where nobody asks from
    where the token is used. `barred_by`: of the group above the target whose ceiling leaves nothing of the entry that
    would apply; then there is no `entry`. `job_context`: the job, as the conditions of the entry ask about it; only
    read where there are some.
    """

    target: Target | None = None
    role: Role = Role.NONE
    switch_on: bool = True
    entry: Entry | None = None
    outbound_limited: bool = False
    outbound_listed: bool = False
    cross_project_pushes: bool = False
    ref: ProtectedRefContext | None = None
    min_role: Role | VariablesLevel = Role.NONE
    job_id: int = 0
    is_home: bool = False
    place: Place | None = None
    package: tuple[str, str] | None = None
    in_own_run: bool = False
    outbound_lapse: EntryState | None = None
    address: AddressCheck | None = None
    barred_by: int = 0
    job_context: JobContext | None = None


NO_FACTS = Facts()
