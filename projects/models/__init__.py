"""Groups and projects, their protected refs and badges, memberships, invitations, former paths, effective roles."""

from projects.models.badge import Badge
from projects.models.effective_role import GroupEffectiveRole, ProjectEffectiveRole
from projects.models.former_path import FormerPath
from projects.models.group import Group, GroupAncestor
from projects.models.group_link import GroupLink
from projects.models.membership import Membership
from projects.models.project import Project
from projects.models.protected_ref import ProtectedRef, RefKind

__all__ = [
    "Badge",
    "FormerPath",
    "Group",
    "GroupAncestor",
    "GroupEffectiveRole",
    "GroupLink",
    "Membership",
    "Project",
    "ProjectEffectiveRole",
    "ProtectedRef",
    "RefKind",
]
