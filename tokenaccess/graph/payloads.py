"""Payloads of the mutations (job-token.md §4.2). `errors` is empty on success."""

from __future__ import annotations

from dataclasses import field

import strawberry

from tokenaccess.graph.group_rules import GroupEntry, GroupRuleNode
from tokenaccess.graph.types import Entry, Scope, Settings


@strawberry.type
class Payload:
    errors: list[str] = field(default_factory=list)
    client_mutation_id: str | None = None


@strawberry.type
class SettingsPayload(Payload):
    ci_cd_settings: Settings | None = None


@strawberry.type(name="CiCdSettingsUpdatePayload")
class CiCdSettingsUpdate(SettingsPayload):
    pass


@strawberry.type(name="ProjectCiCdSettingsUpdatePayload")
class ProjectCiCdSettingsUpdate(SettingsPayload):
    pass


@strawberry.type
class EntryPayload(Payload):
    ci_job_token_scope_allowlist_entry: Entry | None = None


@strawberry.type
class ScopePayload(EntryPayload):
    ci_job_token_scope: Scope | None = None


@strawberry.type(name="CiJobTokenScopeAddProjectPayload")
class AddProject(ScopePayload):
    pass


@strawberry.type(name="CiJobTokenScopeRemoveProjectPayload")
class RemoveProject(ScopePayload):
    pass


@strawberry.type(name="CiJobTokenScopeAddGroupOrProjectPayload")
class AddGroupOrProject(ScopePayload):
    pass


@strawberry.type(name="CiJobTokenScopeRemoveGroupPayload")
class RemoveGroup(ScopePayload):
    pass


@strawberry.type(name="CiJobTokenScopeUpdatePoliciesPayload")
class UpdatePolicies(EntryPayload):
    pass


@strawberry.type
class ListPayload(Payload):
    status: str | None = strawberry.field(default=None, description="complete or error")


@strawberry.type(name="CiJobTokenScopeAutopopulateAllowlistPayload")
class AutopopulateAllowlist(ListPayload):
    pass


@strawberry.type(name="CiJobTokenScopeClearAllowlistAutopopulationsPayload")
class ClearAllowlistAutopopulations(ListPayload):
    pass


# --- Ours -------------------------------------------------------------------------------------------------------------


@strawberry.type
class GroupEntryPayload(Payload):
    ci_job_token_group_allowlist_entry: GroupEntry | None = None


@strawberry.type
class AnyEntryPayload(GroupEntryPayload):
    """The one of a project or the one of a group."""

    ci_job_token_scope_allowlist_entry: Entry | None = None


@strawberry.type(name="CiJobTokenEntryUpdatePayload")
class UpdateEntry(AnyEntryPayload):
    pass


@strawberry.type(name="CiJobTokenEntryChangeStatePayload")
class ChangeEntryState(AnyEntryPayload):
    pass


@strawberry.type(name="CiJobTokenGroupEntryAddPayload")
class AddGroupEntry(GroupEntryPayload):
    pass


@strawberry.type(name="CiJobTokenGroupEntryRemovePayload")
class RemoveGroupEntry(GroupEntryPayload):
    pass


@strawberry.type(name="CiJobTokenGroupRuleUpdatePayload")
class UpdateGroupRule(Payload):
    ci_job_token_group_rule: GroupRuleNode | None = None


@strawberry.type(name="CiJobTokenTrialIgnoreSourcePayload")
class IgnoreSource(Payload):
    pass
