"""Finds what an allowlist entry is to name, and the user's role there: one decision of the gate for each request; and
which of many targets a user may know of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from identity.models import User
from projects.models import Group, Project
from tokenaccess.access import facts
from tokenaccess.access.gate import check_as_user, check_group_or_project_as_user
from tokenaccess.access.id_or_path import IdOrPath
from tokenaccess.errors import ErrorCode, TokenAccessError
from tokenaccess.policy.actions import TargetKind
from tokenaccess.policy.levels import Role
from tokenaccess.policy.needs import READ_ACTION

# Kind and id of a project or group.
TargetKey = tuple[str, int]


class TargetName(NamedTuple):
    """How a request names a target. `kind` None: the group of that path, else the project (job-token.md §4.2)."""

    id_or_path: IdOrPath
    kind: TargetKind | None = None

    @property
    def kinds(self) -> tuple[TargetKind, ...]:
        return (TargetKind.GROUP, TargetKind.PROJECT) if self.kind is None else (self.kind,)


@dataclass(frozen=True, slots=True)
class VisibleTarget:
    """A project or group that the user may see, and their role there."""

    target: Project | Group
    role: Role


def find_target(user: User | None, named: Project | Group | TargetName) -> VisibleTarget:
    """Raises TokenAccessError for a target that does not exist or that `user` (None: the system) may not see, after the
    same work for both."""
    name = named if isinstance(named, TargetName) else TargetName(IdOrPath("id", named.pk), named.kind)
    if user is None:
        target, role = _find_as_system(name), Role.OWNER
    else:
        access = (
            check_group_or_project_as_user(user, name.id_or_path)
            if name.kind is None
            else check_as_user(user, READ_ACTION[name.kind], name.id_or_path)
        )
        target, role = access.target if access.decision.reason is None else None, access.facts.role
    if target is None or (isinstance(target, Group) and target.person_id is not None):  # a user's namespace
        raise target_not_found(name.kinds[-1])
    return VisibleTarget(target, role)


def can_see(user: User | None, target: Project | Group) -> bool:
    """Whether `user` may know that `target` exists."""
    return user is None or check_as_user(user, READ_ACTION[target.kind], IdOrPath("id", target.pk)).decision.allowed


def key_of(target: Project | Group) -> TargetKey:
    return str(target.kind), target.pk


def visible_targets(keys: Iterable[TargetKey], user: User) -> frozenset[TargetKey]:
    """Those that `user` may know of. A statement for each kind among them."""
    return _select(keys, lambda model: model.objects.visible_to(user))


def visible_paths(keys: Iterable[TargetKey], user: User) -> list[str]:
    """Of those that `user` may know of, in order. A statement for each kind among them."""
    wanted = set(keys)
    models = [model for model in (Project, Group) if any(kind == model.kind for kind, _ in wanted)]
    ids = {str(model.kind): {pk for kind, pk in wanted if kind == model.kind} for model in models}
    rows: list[Any] = [model.objects.visible_to(user).filter(pk__in=ids[str(model.kind)]) for model in models]
    return sorted(path for one in rows for path in one.values_list("full_path", flat=True))


def maintained_targets(keys: Iterable[TargetKey], user: User) -> frozenset[TargetKey]:
    """Those where `user` is a maintainer. A statement for each kind among them."""
    return _select(keys, lambda model: model.objects.with_min_role(user, Role.MAINTAINER))


def _select(keys: Iterable[TargetKey], rows_of: Callable[[Any], Any]) -> frozenset[TargetKey]:
    ids: defaultdict[str, set[int]] = defaultdict(set)
    for kind, pk in keys:
        ids[kind].add(pk)
    models = (model for model in (Project, Group) if ids[model.kind])
    return frozenset(
        (str(model.kind), pk)
        for model in models
        for pk in rows_of(model).filter(pk__in=ids[model.kind]).values_list("pk", flat=True)
    )


def target_not_found(kind: TargetKind) -> TokenAccessError:
    """The same error for an absent and for a hidden target."""
    return TokenAccessError(
        f"The target_{kind} that you are attempting to access does not exist or you don't have permission to perform "
        "this action",
        ErrorCode.HIDDEN,
    )


def _find_as_system(name: TargetName) -> Project | Group | None:
    find = {TargetKind.PROJECT: facts.find_project, TargetKind.GROUP: facts.find_group}
    targets = (find[kind](name.id_or_path) for kind in name.kinds)
    return next((target for target in targets if target is not None), None)
