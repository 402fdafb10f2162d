"""Mutations that GitLab has not: the terms and the state of entries, what groups set, what a trial ignores.

As those of `mutations`: the gate authorizes whose list it is, the services do the rest, and a service error is in the
payload's `errors`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import strawberry
from django.db import transaction
from strawberry.types import Info

from identity.models import User
from projects.models import Group, Project
from tokenaccess.access.gate import find_if_permitted
from tokenaccess.access.id_or_path import IdOrPath
from tokenaccess.access.result import Access
from tokenaccess.adapters.graphql.context import UserFacingError, require
from tokenaccess.allowlist import services
from tokenaccess.allowlist.find_entry import find_entry
from tokenaccess.allowlist.services.group_rules import rule_of
from tokenaccess.allowlist.targets import TargetName, can_see, find_target, target_not_found
from tokenaccess.api.entries.params import read_terms
from tokenaccess.api.entries.views import change_entry
from tokenaccess.errors import TokenAccessError
from tokenaccess.graph import payloads, rule_inputs
from tokenaccess.graph.enums import Direction
from tokenaccess.graph.group_rules import GroupEntry, GroupRuleNode
from tokenaccess.graph.rule_inputs import EntryStep
from tokenaccess.graph.types import Entry
from tokenaccess.models import AllowlistEntry, GroupAllowlistEntry
from tokenaccess.policy import Action
from tokenaccess.policy.actions import TargetKind

ONE_OF_TWO = "Give projectPath or groupPath, and not both."
ONLY_RENEW = "expiresAt is for RENEW"
_STEPS: dict[EntryStep, Callable[..., Any]] = {
    EntryStep.SUSPEND: services.suspend_entry,
    EntryStep.RESTORE: services.restore_entry,
    EntryStep.RENEW: services.renew_entry,
    EntryStep.CONFIRM: services.confirm_entry,
}
AnyEntry = AllowlistEntry | GroupAllowlistEntry
P = TypeVar("P", bound=payloads.Payload)


@strawberry.type
class TokenAccessRuleMutation:
    @strawberry.mutation
    def ci_job_token_entry_update(self, info: Info, input: rule_inputs.UpdateEntry) -> payloads.UpdateEntry | None:
        """Its permissions, what is said of it, its end and its conditions."""

        def change(holder: Project | Group, by: User) -> AnyEntry:
            entry = _find(holder, input, by)
            change_entry(entry, input.as_params(), by)
            return _find(holder, input, by)

        return _change_entry(info, input, payloads.UpdateEntry(), change)

    @strawberry.mutation
    def ci_job_token_entry_change_state(
        self, info: Info, input: rule_inputs.ChangeEntryState
    ) -> payloads.ChangeEntryState | None:
        """Suspend it, restore it, let it end later, or say that it is still needed."""
        if input.expires_at is not None and input.step is not EntryStep.RENEW:
            raise UserFacingError(ONLY_RENEW)

        def change(holder: Project | Group, by: User) -> AnyEntry:
            options = {"expires_at": input.expires_at} if input.step is EntryStep.RENEW else {}
            _STEPS[input.step](_find(holder, input, by), by=by, **options)
            return _find(holder, input, by)

        return _change_entry(info, input, payloads.ChangeEntryState(), change)

    @strawberry.mutation
    def ci_job_token_group_entry_add(
        self, info: Info, input: rule_inputs.AddGroupEntry
    ) -> payloads.AddGroupEntry | None:
        """Jobs of the target may access every project below the group. A group of that path takes precedence."""

        def change(holder: Project | Group, by: User) -> AnyEntry:
            assert isinstance(holder, Group)
            params = input.as_params()
            return services.add_group_entry(
                holder,
                TargetName(IdOrPath.of_path(input.target_path)),
                by=by,
                default_permissions=params.get("default_permissions", "permissions" not in params),
                permissions=params.get("permissions", ()),
                terms=read_terms(params, holder),
            )

        return _change_entry(info, input, payloads.AddGroupEntry(), change)

    @strawberry.mutation
    def ci_job_token_group_entry_remove(
        self, info: Info, input: rule_inputs.RemoveGroupEntry
    ) -> payloads.RemoveGroupEntry | None:
        def change(holder: Project | Group, by: User) -> AnyEntry:
            entry = _find(holder, input, by)
            assert isinstance(entry, GroupAllowlistEntry)
            services.delete_group_entry(entry, by=by)
            return entry

        return _change_entry(info, input, payloads.RemoveGroupEntry(), change)

    @strawberry.mutation
    def ci_job_token_group_rule_update(
        self, info: Info, input: rule_inputs.UpdateGroupRule
    ) -> payloads.UpdateGroupRule | None:
        """The mode, the ceiling and the lock of all projects below a group."""
        payload = payloads.UpdateGroupRule(client_mutation_id=input.client_mutation_id)
        access = require(info, Action.MANAGE_GROUP_TOKEN_ACCESS, input.group_path)
        with _errors(payload):
            services.change_group_rule(
                access.group,
                by=access.current_user,
                inbound_mode=input.inbound_mode,
                has_ceiling=input.ceiling,
                is_locked=input.locked,
            )
        payload.ci_job_token_group_rule = GroupRuleNode(row=rule_of(access.group), reader=access.current_user)
        return payload

    @strawberry.mutation
    def ci_job_token_trial_ignore_source(
        self, info: Info, input: rule_inputs.IgnoreSource
    ) -> payloads.IgnoreSource | None:
        """Leave a source out of the report of a trial, or count it again."""
        payload = payloads.IgnoreSource(client_mutation_id=input.client_mutation_id)
        access = require(info, Action.MANAGE_TOKEN_ACCESS, input.project_path)
        by = access.current_user
        with _errors(payload):
            source = find_if_permitted(by, Action.READ_PROJECT, IdOrPath.of_path(input.source_project_path))
            if not isinstance(source, Project):
                raise target_not_found(TargetKind.PROJECT)
            change = services.ignore_source if input.ignored else services.restore_source
            change(access.project, source, by=by)
        return payload


def _change_entry(info: Info, input: Any, payload: P, change: Callable[[Project | Group, User], AnyEntry]) -> P:
    """All of it or nothing."""
    payload.client_mutation_id = input.client_mutation_id
    access = _authorize(info, input)
    by = access.current_user
    with _errors(payload), transaction.atomic():
        holder = access.target
        assert holder is not None  # the actions are about one
        _show(payload, change(holder, by), by)
    return payload


def _authorize(info: Info, input: Any) -> Access:
    project, group = getattr(input, "project_path", None), getattr(input, "group_path", None)
    if (project is None) == (group is None):
        raise UserFacingError(ONE_OF_TWO)
    if project is not None:
        return require(info, Action.MANAGE_TOKEN_ACCESS, project)
    return require(info, Action.MANAGE_GROUP_TOKEN_ACCESS, str(group))


@contextmanager
def _errors(payload: payloads.Payload) -> Iterator[None]:
    """What a service refuses."""
    try:
        yield
    except TokenAccessError as error:
        payload.errors = [error.message]


def _find(holder: Project | Group, input: Any, by: User) -> AnyEntry:
    """On a group's list what `by` may not see has no name (`GroupEntry.target`): who guessed a path would learn that it
    is there. The API has such entries by their ids."""
    direction = getattr(input, "direction", None) or Direction.INBOUND
    name = TargetName(IdOrPath.of_path(input.target_path))
    if isinstance(holder, Group):
        find_target(by, name)
    return find_entry(holder, name, by=by, direction=direction)


def _show(payload: Any, entry: AnyEntry, reader: User) -> None:
    if isinstance(entry, GroupAllowlistEntry):
        is_visible = can_see(reader, entry.target)
        payload.ci_job_token_group_allowlist_entry = GroupEntry(row=entry, is_visible=is_visible)
    else:
        payload.ci_job_token_scope_allowlist_entry = Entry(row=entry)
