"""Changes to groups, projects and memberships: each one transaction, each with its line in the audit."""

from projects.services.code import (
    commit_files,
    create_branch,
    create_tag,
    delete_branches,
    delete_ref,
    write_readme,
)
from projects.services.deletion import mark_for_deletion, remove_marked_projects
from projects.services.group_deletion import delete_group
from projects.services.groups import create_group, create_namespace, update_group
from projects.services.links import invite_group, remove_group_link
from projects.services.members import add_member, remove_member, update_member
from projects.services.moves import move_project, rename_group, transfer_group
from projects.services.projects import create_project, delete_project, update_project
from projects.services.protection import AlreadyProtected, change_protection, protect, unprotect

__all__ = [
    "AlreadyProtected",
    "add_member",
    "change_protection",
    "commit_files",
    "create_branch",
    "create_group",
    "create_namespace",
    "create_project",
    "create_tag",
    "delete_branches",
    "delete_group",
    "delete_project",
    "delete_ref",
    "invite_group",
    "mark_for_deletion",
    "move_project",
    "protect",
    "remove_group_link",
    "remove_marked_projects",
    "remove_member",
    "rename_group",
    "transfer_group",
    "unprotect",
    "update_group",
    "update_member",
    "update_project",
    "write_readme",
]
