"""The permissions that an allowlist entry grants."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from tokenaccess.errors import ErrorCode, TokenAccessError
from tokenaccess.models.list_entry import ListEntry
from tokenaccess.policy.permissions import PERMISSION_NAMES, Permission, covers, sort_permissions

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

INVALID_POLICIES = "Job token policies must be a valid json schema"


def validate(permissions: Iterable[str]) -> list[str]:
    """The names without duplicates, in the order of `Permission`. Raises TokenAccessError for an unknown name."""
    wanted = {str(name) for name in permissions}
    if wanted.difference(PERMISSION_NAMES):
        raise TokenAccessError(INVALID_POLICIES, ErrorCode.INVALID)
    return sort_permissions(wanted)


def permission_fields(permissions: Iterable[str] | None) -> dict[str, Any]:
    """As the services take them. None: the default permissions."""
    return {"default_permissions": permissions is None, "permissions": permissions or ()}


def widens(entry: ListEntry, default_permissions: bool, permissions: list[str]) -> bool:
    """Whether the change grants anything that the entry does not grant now."""
    if entry.default_permissions:
        return False
    held = frozenset(entry.permissions)
    return default_permissions or not all(covers(held, name) for name in permissions)


@dataclass(frozen=True, slots=True)
class Resource:
    """A choice in the form: nothing, read, or read and write (if there is a `write` permission)."""

    name: str
    label: str | StrPromise
    read: Permission
    write: Permission | None = None

    def highest_permission(self, permissions: Iterable[str]) -> Permission | None:
        """The strongest of `permissions` for this resource."""
        held = frozenset(permissions)
        if self.write is not None and self.write in held:
            return self.write
        return self.read if self.read in held else None


RESOURCES = (
    Resource("packages", _("Packages"), Permission.READ_PACKAGES, Permission.ADMIN_PACKAGES),
    Resource("releases", _("Releases"), Permission.READ_RELEASES, Permission.ADMIN_RELEASES),
    Resource("pipelines", _("Pipelines"), Permission.READ_PIPELINES, Permission.ADMIN_PIPELINES),
    Resource("jobs", _("Jobs"), Permission.READ_JOBS, Permission.ADMIN_JOBS),
    Resource("deployments", _("Deployments"), Permission.READ_DEPLOYMENTS, Permission.ADMIN_DEPLOYMENTS),
    Resource("environments", _("Environments"), Permission.READ_ENVIRONMENTS, Permission.ADMIN_ENVIRONMENTS),
    Resource(
        "terraform_state", _("Terraform state"), Permission.READ_TERRAFORM_STATE, Permission.ADMIN_TERRAFORM_STATE
    ),
    Resource("secure_files", _("Secure files"), Permission.READ_SECURE_FILES, Permission.ADMIN_SECURE_FILES),
    Resource("repositories", _("Repositories"), Permission.READ_REPOSITORIES, Permission.ADMIN_REPOSITORIES),
    Resource("merge_requests", _("Merge requests"), Permission.READ_MERGE_REQUESTS),
    Resource("work_items", _("Work items"), Permission.READ_WORK_ITEMS),
    Resource("badges", _("Badges"), Permission.READ_BADGES),
)


def permission_labels(permissions: Iterable[str]) -> list[str]:
    """`["Packages: read and write", "Releases: read"]`."""
    held = list(permissions)
    lines = []
    for resource in RESOURCES:
        granted = resource.highest_permission(held)
        if granted is not None:
            reads = granted is resource.read
            lines.append((_("%(what)s: read") if reads else _("%(what)s: read and write")) % {"what": resource.label})
    return [str(line) for line in lines]
