"""What is known when a decision is made."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from tokenaccess.policy.actions import Feature
from tokenaccess.policy.levels import FeatureLevel, Role, Visibility
from tokenaccess.policy.refs import OnRef


class Target(NamedTuple):
    """The project or group asked for. The fields from `features` on matter for projects only.

    `limited` is "Limit access to this project" as it takes effect, the instance's enforcement included.
    """

    id: int
    path: str
    visibility: Visibility
    features: Mapping[Feature, FeatureLevel] = MappingProxyType({})
    public_jobs: bool = True
    archived: bool = False
    limited: bool = True
    takes_job_pushes: bool = False


class Entry(NamedTuple):
    """The target's allowlist entry nearest to the job's project: its own, else that of the nearest group above it."""

    default_permissions: bool
    permissions: frozenset[str] = frozenset()


class Facts(NamedTuple):
    """`target` is None when there is none, or none of that name. `role` is the person's (the job's person's) there.

    `enforced` is the switch `ci_scoped_job_token`; `outbound_limited` and `outbound_listed` are the source project's
    "Limit access from this project" and whether its list then names the target. `on_ref` is the branch or tag that the
    action touches, when it touches one.
    """

    target: Target | None = None
    role: Role = Role.NONE
    enforced: bool = True
    entry: Entry | None = None
    outbound_limited: bool = False
    outbound_listed: bool = False
    on_ref: OnRef | None = None


NOTHING = Facts()
