"""Arguments of the mutations (job-token.md §4.2), with their defaults."""

from __future__ import annotations

from dataclasses import field

import strawberry

from tokenaccess.graph.enums import Direction, InboundMode, Permission


@strawberry.input
class Input:
    client_mutation_id: str | None = None


@strawberry.input(name="CiCdSettingsUpdateInput")
class CiCdSettingsUpdate(Input):
    full_path: strawberry.ID
    keep_latest_artifact: bool | None = None
    job_token_scope_enabled: bool | None = strawberry.field(default=None, description="Limit access from this project.")


@strawberry.input(name="ProjectCiCdSettingsUpdateInput")
class ProjectCiCdSettingsUpdate(CiCdSettingsUpdate):
    inbound_job_token_scope_enabled: bool | None = strawberry.field(
        default=None, description="Limit access to this project."
    )
    inbound_job_token_mode: InboundMode | None = strawberry.field(
        default=None, description="The same with the trial, in place of the former."
    )
    push_repository_for_job_token_allowed: bool | None = None
    cross_project_push_for_job_token_allowed: bool | None = None
    pipelines_for_job_token_push_allowed: bool | None = None


@strawberry.input
class EntryInput(Input):
    project_path: strawberry.ID = strawberry.field(description="The project whose list it is.")


@strawberry.input(name="CiJobTokenScopeAddProjectInput")
class AddProject(EntryInput):
    target_project_path: strawberry.ID
    direction: Direction | None = Direction.INBOUND


@strawberry.input(name="CiJobTokenScopeRemoveProjectInput")
class RemoveProject(EntryInput):
    target_project_path: strawberry.ID
    direction: Direction | None = strawberry.field(
        default=Direction.OUTBOUND, description="Mind the default, which is GitLab's: adding has the other one."
    )


@strawberry.input(name="CiJobTokenScopeAddGroupOrProjectInput")
class AddGroupOrProject(EntryInput):
    target_path: strawberry.ID
    default_permissions: bool | None = True
    job_token_policies: list[Permission] | None = field(default_factory=list)


@strawberry.input(name="CiJobTokenScopeRemoveGroupInput")
class RemoveGroup(EntryInput):
    target_group_path: strawberry.ID


@strawberry.input(name="CiJobTokenScopeUpdatePoliciesInput")
class UpdatePolicies(EntryInput):
    target_path: strawberry.ID
    default_permissions: bool
    job_token_policies: list[Permission]


@strawberry.input(name="CiJobTokenScopeAutopopulateAllowlistInput")
class AutopopulateAllowlist(EntryInput):
    pass


@strawberry.input(name="CiJobTokenScopeClearAllowlistAutopopulationsInput")
class ClearAllowlistAutopopulations(EntryInput):
    pass
