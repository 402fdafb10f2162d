"""Mutations of Token Access (job-token.md §4.2). The gate authorizes the project, the services do the rest.

A caller who may not edit the project gets GitLab's sentence as a top-level error; a service error is in the payload's
`errors`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import strawberry
from django.db import transaction
from strawberry.types import Info

from identity.models import User
from projects.models import Project
from projects.services import update_project
from tokenaccess.access import facts
from tokenaccess.access.id_or_path import IdOrPath
from tokenaccess.access.result import Access
from tokenaccess.adapters.graphql.context import require
from tokenaccess.allowlist import services
from tokenaccess.allowlist.targets import TargetName
from tokenaccess.errors import ErrorCode, TokenAccessError
from tokenaccess.graph import inputs, payloads
from tokenaccess.graph.enums import Direction
from tokenaccess.graph.types import Entry, Scope, Settings
from tokenaccess.models import AllowlistEntry
from tokenaccess.policy import Action
from tokenaccess.policy.actions import TargetKind

NO_TARGET = "The group or project does not exist."
NO_TARGET_TO_UPDATE = "The target does not exist"
MAY_NOT_UPDATE = "You have insufficient permission to update this job token scope"

ONE_MODE = "Give inboundJobTokenScopeEnabled or inboundJobTokenMode, and not both"

P = TypeVar("P", bound=payloads.Payload)


@strawberry.type
class TokenAccessMutation:
    @strawberry.mutation
    def ci_cd_settings_update(self, info: Info, input: inputs.CiCdSettingsUpdate) -> payloads.CiCdSettingsUpdate | None:
        """The name of `projectCiCdSettingsUpdate` in 14.x."""
        return _change_settings(info, input, payloads.CiCdSettingsUpdate())

    @strawberry.mutation
    def project_ci_cd_settings_update(
        self, info: Info, input: inputs.ProjectCiCdSettingsUpdate
    ) -> payloads.ProjectCiCdSettingsUpdate | None:
        return _change_settings(info, input, payloads.ProjectCiCdSettingsUpdate())

    @strawberry.mutation
    def ci_job_token_scope_add_project(self, info: Info, input: inputs.AddProject) -> payloads.AddProject | None:
        def change(access: Access) -> AllowlistEntry:
            target = TargetName(IdOrPath.of_path(input.target_project_path), TargetKind.PROJECT)
            direction = input.direction or Direction.INBOUND
            return services.add_entry(access.project, target, by=access.current_user, direction=direction)

        return _change_entry(info, input, payloads.AddProject(), change)

    @strawberry.mutation
    def ci_job_token_scope_remove_project(
        self, info: Info, input: inputs.RemoveProject
    ) -> payloads.RemoveProject | None:
        def change(access: Access) -> AllowlistEntry:
            target = TargetName(IdOrPath.of_path(input.target_project_path), TargetKind.PROJECT)
            direction = input.direction or Direction.OUTBOUND
            return services.remove_entry(access.project, target, by=access.current_user, direction=direction)

        return _change_entry(info, input, payloads.RemoveProject(), change)

    @strawberry.mutation
    def ci_job_token_scope_add_group_or_project(
        self, info: Info, input: inputs.AddGroupOrProject
    ) -> payloads.AddGroupOrProject | None:
        """A group of that path takes precedence over a project."""

        def change(access: Access) -> AllowlistEntry:
            return services.add_entry(
                access.project,
                TargetName(IdOrPath.of_path(input.target_path)),
                default_permissions=input.default_permissions is not False,
                permissions=input.job_token_policies or [],
                by=access.current_user,
            )

        return _change_entry(info, input, payloads.AddGroupOrProject(), change, {ErrorCode.HIDDEN: NO_TARGET})

    @strawberry.mutation
    def ci_job_token_scope_remove_group(self, info: Info, input: inputs.RemoveGroup) -> payloads.RemoveGroup | None:
        def change(access: Access) -> AllowlistEntry:
            target = TargetName(IdOrPath.of_path(input.target_group_path), TargetKind.GROUP)
            return services.remove_entry(access.project, target, by=access.current_user)

        return _change_entry(info, input, payloads.RemoveGroup(), change)

    @strawberry.mutation
    def ci_job_token_scope_update_policies(
        self, info: Info, input: inputs.UpdatePolicies
    ) -> payloads.UpdatePolicies | None:
        def change(access: Access) -> AllowlistEntry:
            return services.set_permissions(
                access.project,
                TargetName(IdOrPath.of_path(input.target_path)),
                default_permissions=input.default_permissions,
                permissions=input.job_token_policies,
                by=access.current_user,
            )

        messages = {ErrorCode.HIDDEN: NO_TARGET_TO_UPDATE, ErrorCode.FORBIDDEN: MAY_NOT_UPDATE}
        return _change_entry(info, input, payloads.UpdatePolicies(), change, messages)

    @strawberry.mutation
    def ci_job_token_scope_autopopulate_allowlist(
        self, info: Info, input: inputs.AutopopulateAllowlist
    ) -> payloads.AutopopulateAllowlist | None:
        """Replace the auto-added entries by the projects in the authentication log, and turn the inbound limit on."""

        def change(access: Access) -> None:
            services.autopopulate(access.project, by=access.current_user)

        return _change_list(info, input, payloads.AutopopulateAllowlist(), change)

    @strawberry.mutation
    def ci_job_token_scope_clear_allowlist_autopopulations(
        self, info: Info, input: inputs.ClearAllowlistAutopopulations
    ) -> payloads.ClearAllowlistAutopopulations | None:
        def change(access: Access) -> None:
            services.clear_autopopulated(access.project, by=access.current_user)

        return _change_list(info, input, payloads.ClearAllowlistAutopopulations(), change)


# --- What they have in common -----------------------------------------------------------------------------------------


def _authorize(info: Info, path: str, input: inputs.Input, payload: payloads.Payload) -> Access:
    payload.client_mutation_id = input.client_mutation_id
    return require(info, Action.MANAGE_TOKEN_ACCESS, path)


def _change_settings(info: Info, input: inputs.CiCdSettingsUpdate, payload: P) -> P:
    access = _authorize(info, input.full_path, input, payload)
    project, by = access.project, access.user
    try:
        with transaction.atomic():
            inbound = None
            if isinstance(input, inputs.ProjectCiCdSettingsUpdate):
                inbound = input.inbound_job_token_scope_enabled
                _set_mode(project, input, by)
                services.set_job_pushes(
                    project,
                    by=by,
                    allowed=input.push_repository_for_job_token_allowed,
                    cross_project=input.cross_project_push_for_job_token_allowed,
                    start_pipelines=input.pipelines_for_job_token_push_allowed,
                )
            services.limit_access(project, by=by, inbound=inbound, outbound=input.job_token_scope_enabled)
            if input.keep_latest_artifact is not None:
                assert by is not None  # the action is for people
                update_project(project, by=by, keep_latest_artifact=input.keep_latest_artifact)
    except TokenAccessError as error:
        payload.errors = [error.message]
    payload.ci_cd_settings = Settings(row=facts.settings_of(project), project=project)  # type: ignore[attr-defined]
    return payload


def _set_mode(project: Project, input: inputs.ProjectCiCdSettingsUpdate, by: User | None) -> None:
    if input.inbound_job_token_mode is None:
        return
    if input.inbound_job_token_scope_enabled is not None:
        raise TokenAccessError(ONE_MODE, ErrorCode.INVALID)
    services.set_inbound_mode(project, input.inbound_job_token_mode, by=by)


def _change_entry(
    info: Info,
    input: inputs.EntryInput,
    payload: P,
    change: Callable[[Access], AllowlistEntry],
    messages: dict[ErrorCode, str] | None = None,
) -> P:
    """`messages`: GitLab's own messages for some error codes."""
    access = _authorize(info, input.project_path, input, payload)
    try:
        entry = change(access)
    except TokenAccessError as error:
        payload.errors = [(messages or {}).get(error.code, error.message)]
    else:
        payload.ci_job_token_scope_allowlist_entry = Entry(row=entry)  # type: ignore[attr-defined]
        if isinstance(payload, payloads.ScopePayload):
            payload.ci_job_token_scope = Scope(project=access.project)
    return payload


def _change_list(info: Info, input: inputs.EntryInput, payload: P, change: Callable[[Access], None]) -> P:
    access = _authorize(info, input.project_path, input, payload)
    try:
        change(access)
    except TokenAccessError as error:
        payload.errors = [error.message]
    payload.status = "error" if payload.errors else "complete"  # type: ignore[attr-defined]
    return payload
