"""Changes to groups, projects and memberships: each one transaction, each with its line in the audit."""

from projects.services.code import commit_files, create_branch, create_tag, delete_ref, write_readme
from projects.services.groups import create_group, create_namespace, delete_group, update_group
from projects.services.members import add_member, remove_member, update_member
from projects.services.projects import create_project, delete_project, update_project

__all__ = [
    "add_member",
    "commit_files",
    "create_branch",
    "create_group",
    "create_namespace",
    "create_project",
    "create_tag",
    "delete_group",
    "delete_project",
    "delete_ref",
    "remove_member",
    "update_group",
    "update_member",
    "update_project",
    "write_readme",
]
