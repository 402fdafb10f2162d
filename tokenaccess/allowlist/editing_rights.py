"""Who may edit an allowlist, by the roles in django-guardian's rows (contract/README.md decision 4).

Adding or widening an entry requires Maintainer on both sides. Removing or narrowing one requires Maintainer only on the
project that owns the list, so that access can always be withdrawn. The user `None` is the system itself (a command).
"""

from __future__ import annotations

from collections.abc import Iterable

from identity.models import User
from projects.models import Group, Project
from tokenaccess.allowlist.targets import TargetKey, TargetName, can_see, find_target, maintained_targets
from tokenaccess.errors import ErrorCode, TokenAccessError
from tokenaccess.models import InstanceSettings
from tokenaccess.policy.actions import TargetKind
from tokenaccess.policy.levels import Role

INSUFFICIENT_PERMISSIONS = "Insufficient permissions to modify the job token scope"
NEEDS_MAINTAINER_OF_BOTH = {
    TargetKind.PROJECT: f"{INSUFFICIENT_PERMISSIONS}: adding an entry takes the Maintainer role in both projects",
    TargetKind.GROUP: (
        f"{INSUFFICIENT_PERMISSIONS}: adding an entry takes the Maintainer role in the project and in the group"
    ),
}


def is_maintainer(user: User | None, target: Project | Group) -> bool:
    return user is None or user.has_perm(f"projects.maintain_{target.kind}", target)


def can_add(user: User | None, target: Project | Group, instance: InstanceSettings) -> bool:
    """Whether the rights of `user` on the side of `target` are enough to add it."""
    return is_maintainer(user, target) if instance.editor_needs_both else can_see(user, target)


def addable_targets(keys: Iterable[TargetKey], user: User) -> frozenset[TargetKey]:
    """Of targets that `user` may see, those that they may put on a list, for pages and previews: the services judge
    once more. Three statements at most."""
    visible = frozenset(keys)
    if not visible or not InstanceSettings.current().editor_needs_both:
        return visible
    return maintained_targets(visible, user)


def require_maintainer(user: User | None, holder: Project | Group) -> None:
    """For every change of the settings and lists of a project or group. Raises TokenAccessError."""
    if isinstance(holder, Group) and holder.person_id is not None:
        raise TokenAccessError("A personal namespace sets no rules", ErrorCode.INVALID)
    if not is_maintainer(user, holder):
        raise TokenAccessError(INSUFFICIENT_PERMISSIONS, ErrorCode.FORBIDDEN)


def find_addable(user: User | None, named: Project | Group | TargetName, instance: InstanceSettings) -> Project | Group:
    """For adding and widening: the target, where `user` has the rights on its side. Raises TokenAccessError."""
    found = find_target(user, named)
    if instance.editor_needs_both and found.role < Role.MAINTAINER:
        raise TokenAccessError(NEEDS_MAINTAINER_OF_BOTH[found.target.kind], ErrorCode.FORBIDDEN)
    return found.target
