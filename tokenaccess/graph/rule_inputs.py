"""Arguments of our own mutations. What is left out stays as it is; null takes it away."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from enum import Enum
from typing import Any

import strawberry

from tokenaccess.graph.enums import Direction, InboundMode, Permission
from tokenaccess.graph.inputs import EntryInput, Input


@strawberry.enum(name="CiJobTokenEntryStep")
class EntryStep(Enum):
    SUSPEND = "suspend"
    RESTORE = "restore"
    RENEW = "renew"
    CONFIRM = "confirm"


@strawberry.input(name="CiJobTokenEntryConditionsInput")
class ConditionsInput:
    """What the job must be besides; all of it must hold."""

    protected_refs: bool | None = None
    no_forks: bool | None = None
    no_manual_retries: bool | None = None
    branches: list[str] | None = None
    tags: list[str] | None = None
    environments: list[str] | None = None
    pipeline_sources: list[str] | None = None
    runner_tags: list[str] | None = None
    runner_networks: list[str] | None = None

    def as_given(self) -> dict[str, Any]:
        """As the rules read them, without what is left out."""
        return {name: value for name, value in vars(self).items() if value is not None}


@strawberry.input
class TermsInput(Input):
    default_permissions: bool | None = strawberry.UNSET
    job_token_policies: list[Permission] | None = strawberry.UNSET
    reason: str | None = strawberry.UNSET
    owner: str | None = strawberry.field(default=strawberry.UNSET, description="A username.")
    expires_at: date | None = strawberry.UNSET
    conditions: ConditionsInput | None = strawberry.UNSET

    def as_params(self) -> dict[str, Any]:
        """Named as in the API: what is left out is not in it."""
        given = {name: getattr(self, name) for name in ("reason", "owner", "expires_at", "default_permissions")}
        if self.job_token_policies is not strawberry.UNSET:
            given["permissions"] = _names(self.job_token_policies or ())
        if self.conditions is not strawberry.UNSET:
            given["conditions"] = self.conditions.as_given() if self.conditions else {}
        params = {name: value for name, value in given.items() if value is not strawberry.UNSET}
        if params.get("reason", "") is None:
            params["reason"] = ""
        if params.get("default_permissions", False) is None:
            del params["default_permissions"]
        return params


def _names(policies: Iterable[Permission]) -> list[str]:
    return [str(permission) for permission in policies]


@strawberry.input
class ListInput(TermsInput):
    """Whose list it is on: of a project, or of a group for all projects below it; exactly one of them."""

    project_path: strawberry.ID | None = None
    group_path: strawberry.ID | None = None
    target_path: strawberry.ID
    direction: Direction | None = strawberry.field(default=Direction.INBOUND, description="A group's list is inbound.")


@strawberry.input(name="CiJobTokenEntryUpdateInput")
class UpdateEntry(ListInput):
    pass


@strawberry.input(name="CiJobTokenEntryChangeStateInput")
class ChangeEntryState(Input):
    project_path: strawberry.ID | None = None
    group_path: strawberry.ID | None = None
    target_path: strawberry.ID
    direction: Direction | None = Direction.INBOUND
    step: EntryStep
    expires_at: date | None = strawberry.field(default=None, description="Of RENEW; 90 days from today without it.")


@strawberry.input(name="CiJobTokenGroupEntryAddInput")
class AddGroupEntry(TermsInput):
    group_path: strawberry.ID
    target_path: strawberry.ID


@strawberry.input(name="CiJobTokenGroupEntryRemoveInput")
class RemoveGroupEntry(Input):
    group_path: strawberry.ID
    target_path: strawberry.ID


@strawberry.input(name="CiJobTokenGroupRuleUpdateInput")
class UpdateGroupRule(Input):
    group_path: strawberry.ID
    inbound_mode: InboundMode | None = None
    ceiling: bool | None = None
    locked: bool | None = None


@strawberry.input(name="CiJobTokenTrialIgnoreSourceInput")
class IgnoreSource(EntryInput):
    source_project_path: strawberry.ID
    ignored: bool = strawberry.field(default=True, description="False: it counts again.")
