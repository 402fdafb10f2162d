"""Groups, projects with their protected refs, memberships, and the effective roles that follow from memberships."""

from projects.models.effective_role import GroupEffectiveRole, ProjectEffectiveRole
from projects.models.group import Group, GroupAncestor
from projects.models.membership import Membership
from projects.models.project import Project
from projects.models.protected_ref import ProtectedRef, RefKind

__all__ = [
    "Group",
    "GroupAncestor",
    "GroupEffectiveRole",
    "Membership",
    "Project",
    "ProjectEffectiveRole",
    "ProtectedRef",
    "RefKind",
]
