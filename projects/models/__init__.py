"""What there is: groups, projects, memberships, and the standing that follows from them."""

from projects.models.group import Group, GroupAncestor
from projects.models.membership import Membership
from projects.models.project import Project
from projects.models.standing import GroupStanding, ProjectStanding

__all__ = ["Group", "GroupAncestor", "GroupStanding", "Membership", "Project", "ProjectStanding"]
