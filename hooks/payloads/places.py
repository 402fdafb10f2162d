"""People, members, projects and groups that come, change and go."""

from __future__ import annotations

from typing import Any

from hooks.payloads.parts import REDACTED
from identity.models import User
from projects.models import Group, Membership, Project
from text.moments import utc_text
from tokenaccess.policy.levels import Role


def member_payload(membership: Membership, event_name: str) -> dict[str, Any]:
    """`event_name`: `user_add_to_group`, `user_update_for_team` …"""
    user, group, project = membership.user, membership.group, membership.project
    payload: dict[str, Any] = {
        "event_name": event_name,
        "created_at": utc_text(membership.created_at),
        "updated_at": utc_text(membership.created_at),
        "user_id": user.pk,
        "user_username": user.username,
        "user_name": user.get_full_name() or user.username,
        "user_email": REDACTED,
        "expires_at": None if membership.expires_at is None else f"{membership.expires_at.isoformat()}T00:00:00Z",
    }
    role = Role(membership.role).name.capitalize()
    if group is not None:
        return payload | {
            "group_id": group.pk,
            "group_name": group.name,
            "group_path": group.path,
            "group_access": role,
            "group_plan": None,
        }
    assert project is not None
    return payload | {
        "project_id": project.pk,
        "project_name": project.name,
        "project_path": project.path,
        "project_path_with_namespace": project.full_path,
        "access_level": role,
        "project_visibility": project.visibility_name,
    }


def project_payload(project: Project, event_name: str, full_path: str = "") -> dict[str, Any]:
    """`full_path`: where it was, of one that is deleted and has given up its own."""
    path = full_path or project.full_path
    return {
        "event_name": event_name,
        "created_at": utc_text(project.created_at),
        "updated_at": utc_text(project.last_activity_at),
        "name": project.name,
        "path": path.rpartition("/")[2],
        "path_with_namespace": path,
        "project_id": project.pk,
        "project_namespace_id": project.group_id,
        "owners": [],
        "project_visibility": project.visibility_name,
    }


def group_payload(group: Group, event_name: str) -> dict[str, Any]:
    """`event_name`: `subgroup_create`, `group_destroy` …"""
    parent = group.parent
    payload = {
        "event_name": event_name,
        "created_at": utc_text(group.created_at),
        "updated_at": utc_text(group.created_at),
        "name": group.name,
        "path": group.path,
        "full_path": group.full_path,
        "group_id": group.pk,
    }
    if parent is None:
        return payload
    return payload | {
        "parent_group_id": parent.pk,
        "parent_name": parent.name,
        "parent_path": parent.path,
        "parent_full_path": parent.full_path,
    }


def user_payload(user: User, event_name: str) -> dict[str, Any]:
    """`event_name`: `user_create` or `user_destroy`."""
    return {
        "event_name": event_name,
        "created_at": utc_text(user.date_joined),
        "updated_at": utc_text(user.date_joined),
        "user_id": user.pk,
        "username": user.username,
        "name": user.get_full_name() or user.username,
        "email": REDACTED,
    }
