"""Fine-grained personal tokens: permissions per resource and place instead of scopes (tokens.md §3.1).

An action that is not in the table is open to no fine-grained token: those that make tokens, change members or
administer never are, so that no such token can become more than it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from tokenaccess.policy.actions import Action

GRANULAR = "granular"  # stands where other tokens have their scopes


class Boundary(StrEnum):
    """Where the permissions of one scope hold."""

    USER = "user"  # what is the person's own
    INSTANCE = "instance"
    PERSONAL_PROJECTS = "personal_projects"  # in the person's own namespace
    ALL_MEMBERSHIPS = "all_memberships"  # wherever the person is a member
    SELECTED_MEMBERSHIPS = "selected_memberships"  # in the projects and groups that it names, and below those


class GranularScope(NamedTuple):
    """One scope of a token, with its ids where the boundary is SELECTED_MEMBERSHIPS."""

    boundary: str
    permissions: frozenset[str]
    project_ids: frozenset[int] = frozenset()
    group_ids: frozenset[int] = frozenset()


class Place(NamedTuple):
    """The project (0: none) that is asked for, with the groups above it, or the group and those above; `personal`: it
    is in the person's own namespace; `member`: the person has a role there."""

    project_id: int = 0
    group_ids: frozenset[int] = frozenset()
    personal: bool = False
    member: bool = False


# Permission → the actions it opens.
PERMISSIONS: Mapping[str, frozenset[Action]] = MappingProxyType(
    {
        "read_user": frozenset({Action.READ_USERS}),
        "read_personal_access_token": frozenset({Action.READ_OWN_TOKENS}),
        "rotate_personal_access_token": frozenset({Action.ROTATE_TOKEN_ITSELF}),
        "create_runner": frozenset({Action.CREATE_RUNNER}),
        "read_group": frozenset({Action.READ_GROUP}),
        "read_project": frozenset({Action.READ_PROJECT, Action.READ_BADGES}),
        "update_project": frozenset({Action.ADMIN_PROJECT}),
        "read_code": frozenset({Action.READ_CODE, Action.BROWSE_CODE, Action.DOWNLOAD_CODE}),
        "push_code": frozenset({Action.DOWNLOAD_CODE, Action.PUSH_CODE, Action.WRITE_CODE}),
        "read_pipeline": frozenset({Action.READ_PIPELINES, Action.READ_PIPELINE_VARIABLES}),
        "create_pipeline": frozenset({Action.RUN_PIPELINE, Action.SET_PIPELINE_VARIABLES}),
        "delete_pipeline": frozenset({Action.DELETE_PIPELINE}),
        "read_job": frozenset({Action.READ_JOBS, Action.INSPECT_JOB, Action.READ_INTERNAL_ARTIFACTS}),
        "update_job": frozenset({Action.UPDATE_JOB}),
        "read_environment": frozenset({Action.READ_ENVIRONMENTS, Action.READ_DEPLOYMENTS}),
        "read_package": frozenset({Action.READ_PACKAGES, Action.READ_GROUP_PACKAGES}),
        "create_package": frozenset({Action.READ_PACKAGES, Action.WRITE_PACKAGES, Action.UPLOAD_PACKAGE}),
        "delete_package": frozenset({Action.DELETE_PACKAGES}),
        "read_container_image": frozenset({Action.READ_IMAGES, Action.PULL_IMAGES}),
        "push_container_image": frozenset({Action.PULL_IMAGES, Action.PUSH_IMAGES}),
        "delete_container_image": frozenset({Action.DELETE_IMAGE_TAG, Action.DELETE_IMAGES}),
        "read_release": frozenset({Action.READ_RELEASES, Action.READ_RELEASE_CODE}),
        "create_release": frozenset({Action.MANAGE_RELEASES}),
        "read_terraform_state": frozenset({Action.READ_TERRAFORM_STATES}),
        "update_terraform_state": frozenset({Action.READ_TERRAFORM_STATES, Action.WRITE_TERRAFORM_STATES}),
        "read_job_token_scope": frozenset({Action.READ_TOKEN_ACCESS}),
    }
)
# The token may always tell what it is and be given back; the registry's door opens nothing by itself.
_ALWAYS = frozenset({Action.USE_TOKEN_ITSELF, Action.SIGN_IN_TO_REGISTRY})


def opens(scopes: Iterable[GranularScope], action: Action, place: Place | None) -> bool:
    """`place`: None for what is of no project or group."""
    if action in _ALWAYS:
        return True
    return any(
        _holds(scope, place)
        and any(action in PERMISSIONS.get(permission, frozenset()) for permission in scope.permissions)
        for scope in scopes
    )


def permissions_for(action: Action) -> list[str]:
    return sorted(name for name, actions in PERMISSIONS.items() if action in actions)


def _holds(scope: GranularScope, place: Place | None) -> bool:
    if place is None:
        return scope.boundary in {Boundary.USER, Boundary.INSTANCE}
    match scope.boundary:
        case Boundary.PERSONAL_PROJECTS:
            return place.personal
        case Boundary.ALL_MEMBERSHIPS:
            return place.member
        case Boundary.SELECTED_MEMBERSHIPS:
            return place.project_id in scope.project_ids or not scope.group_ids.isdisjoint(place.group_ids)
    return False
