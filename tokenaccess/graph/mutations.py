"""Changes to Token Access (job-token.md §4.2). The gate is asked about the project, the services do the rest.

Whoever may not edit the project gets the original's one sentence as a top-level error; what a service refuses comes in
the payload's `errors`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import strawberry
from django.db import transaction
from strawberry.types import Info

from graph.context import require
from projects.models import Group, Project
from projects.services import update_project
from tokenaccess import editors, load, services
from tokenaccess.errors import Code, TokenAccessError
from tokenaccess.gate import Access
from tokenaccess.graph import inputs, payloads
from tokenaccess.graph.enums import Direction
from tokenaccess.graph.types import Entry, Scope, Settings
from tokenaccess.models import AllowlistEntry
from tokenaccess.policy import Action
from tokenaccess.reference import Reference

NO_TARGET = "The group or project does not exist."
NO_TARGET_TO_UPDATE = "The target does not exist"
MAY_NOT_UPDATE = "You have insufficient permission to update this job token scope"

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
            target = _project(editors.find(access.user, "project", Reference.of_path(input.target_project_path)))
            direction = input.direction or Direction.INBOUND
            return services.admit_project(access.project, target=target, by=access.user, direction=direction)

        return _change_entry(info, input, payloads.AddProject(), change)

    @strawberry.mutation
    def ci_job_token_scope_remove_project(
        self, info: Info, input: inputs.RemoveProject
    ) -> payloads.RemoveProject | None:
        def change(access: Access) -> AllowlistEntry:
            direction = input.direction or Direction.OUTBOUND
            named = Reference.of_path(input.target_project_path)
            target = _project(editors.find_listed(access.user, access.project, "project", named, direction))
            return services.remove_project(access.project, target=target, by=access.user, direction=direction)

        return _change_entry(info, input, payloads.RemoveProject(), change)

    @strawberry.mutation
    def ci_job_token_scope_add_group_or_project(
        self, info: Info, input: inputs.AddGroupOrProject
    ) -> payloads.AddGroupOrProject | None:
        """A group of that path comes before a project."""

        def change(access: Access) -> AllowlistEntry:
            target, by = editors.find_place(access.user, Reference.of_path(input.target_path)), access.user
            default, names = input.default_permissions is not False, input.job_token_policies or []
            if isinstance(target, Group):
                return services.admit_group(
                    access.project, target=target, default_permissions=default, permissions=names, by=by
                )
            return services.admit_project(
                access.project, target=target, default_permissions=default, permissions=names, by=by
            )

        return _change_entry(info, input, payloads.AddGroupOrProject(), change, {Code.HIDDEN: NO_TARGET})

    @strawberry.mutation
    def ci_job_token_scope_remove_group(self, info: Info, input: inputs.RemoveGroup) -> payloads.RemoveGroup | None:
        def change(access: Access) -> AllowlistEntry:
            named = Reference.of_path(input.target_group_path)
            target = editors.find_listed(access.user, access.project, "group", named)
            assert isinstance(target, Group)
            return services.remove_group(access.project, target=target, by=access.user)

        return _change_entry(info, input, payloads.RemoveGroup(), change)

    @strawberry.mutation
    def ci_job_token_scope_update_policies(
        self, info: Info, input: inputs.UpdatePolicies
    ) -> payloads.UpdatePolicies | None:
        def change(access: Access) -> AllowlistEntry:
            target = editors.find_listed_place(access.user, access.project, Reference.of_path(input.target_path))
            return services.set_permissions(
                access.project,
                target=target,
                default_permissions=input.default_permissions,
                permissions=input.job_token_policies,
                by=access.user,
            )

        told = {Code.HIDDEN: NO_TARGET_TO_UPDATE, Code.FORBIDDEN: MAY_NOT_UPDATE}
        return _change_entry(info, input, payloads.UpdatePolicies(), change, told)

    @strawberry.mutation
    def ci_job_token_scope_autopopulate_allowlist(
        self, info: Info, input: inputs.AutopopulateAllowlist
    ) -> payloads.AutopopulateAllowlist | None:
        """Replaces what was auto-added by what the authentication log holds now, and turns the inbound limit on."""

        def change(access: Access) -> None:
            services.autopopulate(access.project, by=access.user)

        return _change_list(info, input, payloads.AutopopulateAllowlist(), change)

    @strawberry.mutation
    def ci_job_token_scope_clear_allowlist_autopopulations(
        self, info: Info, input: inputs.ClearAllowlistAutopopulations
    ) -> payloads.ClearAllowlistAutopopulations | None:
        def change(access: Access) -> None:
            services.clear_autopopulated(access.project, by=access.user)

        return _change_list(info, input, payloads.ClearAllowlistAutopopulations(), change)


# --- What they have in common -----------------------------------------------------------------------------------------


def _begin(info: Info, path: str, input: inputs.Input, payload: payloads.Payload) -> Access:
    payload.client_mutation_id = input.client_mutation_id
    return require(info, Action.MANAGE_TOKEN_ACCESS, path)


def _change_settings(info: Info, input: inputs.CiCdSettingsUpdate, payload: P) -> P:
    access = _begin(info, input.full_path, input, payload)
    project, by = access.project, access.user
    try:
        with transaction.atomic():
            inbound, pushes = None, None
            if isinstance(input, inputs.ProjectCiCdSettingsUpdate):
                inbound, pushes = input.inbound_job_token_scope_enabled, input.push_repository_for_job_token_allowed
            services.limit_access(project, by=by, inbound=inbound, outbound=input.job_token_scope_enabled)
            if pushes is not None:
                services.set_job_pushes(project, allowed=pushes, by=by)
            if input.keep_latest_artifact is not None:
                assert by is not None  # the action is for people
                update_project(project, by=by, keep_latest_artifact=input.keep_latest_artifact)
    except TokenAccessError as error:
        payload.errors = [error.message]
    payload.ci_cd_settings = Settings(row=load.settings_of(project), project=project)  # type: ignore[attr-defined]
    return payload


def _change_entry(
    info: Info,
    input: inputs.EntryInput,
    payload: P,
    change: Callable[[Access], AllowlistEntry],
    told: dict[Code, str] | None = None,
) -> P:
    """`told`: the contract's own words for some kinds of refusal in place of the service's."""
    access = _begin(info, input.project_path, input, payload)
    try:
        entry = change(access)
    except TokenAccessError as error:
        payload.errors = [(told or {}).get(error.code, error.message)]
    else:
        payload.ci_job_token_scope_allowlist_entry = Entry(row=entry)  # type: ignore[attr-defined]
        if isinstance(payload, payloads.ScopePayload):
            payload.ci_job_token_scope = Scope(project=access.project)
    return payload


def _change_list(info: Info, input: inputs.EntryInput, payload: P, change: Callable[[Access], None]) -> P:
    access = _begin(info, input.project_path, input, payload)
    try:
        change(access)
    except TokenAccessError as error:
        payload.errors = [error.message]
    payload.status = "error" if payload.errors else "complete"  # type: ignore[attr-defined]
    return payload


def _project(found: Project | Group) -> Project:
    assert isinstance(found, Project)
    return found
