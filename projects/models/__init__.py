"""What there is: groups, projects with their protected refs, memberships, and the standing that follows from them."""

from projects.models.group import Group, GroupAncestor
from projects.models.membership import Membership
from projects.models.project import Project
from projects.models.protected_ref import ProtectedRef, RefKind
from projects.models.standing import GroupStanding, ProjectStanding

__all__ = [
    "Group",
    "GroupAncestor",
    "GroupStanding",
    "Membership",
    "Project",
    "ProjectStanding",
    "ProtectedRef",
    "RefKind",
]
