"""`/token_access/groups/:id/allowlist`: whose jobs may access every project below a group."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from rest_framework.request import Request

from api.operations import operation
from api.rest import not_found
from tokenaccess.access.id_or_path import IdOrPath
from tokenaccess.adapters.drf import GatedView
from tokenaccess.allowlist import services
from tokenaccess.allowlist.targets import TargetName
from tokenaccess.api.entries.params import Renewal, read_terms
from tokenaccess.api.entries.views import EntryStep, change_entry
from tokenaccess.api.group_rules.params import GroupEntryChanges, NewGroupListEntry
from tokenaccess.api.group_rules.serializers import GroupListEntrySerializer
from tokenaccess.models import GroupAllowlistEntry
from tokenaccess.policy import Action
from tokenaccess.policy.actions import TargetKind
from tokenaccess.querysets import GroupAllowlistQuerySet

RELATED = ("group", "target_project", "target_group", "owner", "added_by", "suspended_by")


class _GroupEntryView(GatedView):
    @property
    def rows(self) -> GroupAllowlistQuerySet:
        listed = GroupAllowlistEntry.objects.filter(group=self.access.group).order_by("id")
        return listed.select_related(*RELATED)

    def entry(self, pk: int) -> GroupAllowlistEntry:
        found = self.rows.filter(pk=pk).first()
        if found is None:
            raise not_found("Entry")
        return found


class List(_GroupEntryView):
    """Whose jobs may access every project below the group."""

    actions = {"GET": Action.READ_GROUP_TOKEN_ACCESS, "POST": Action.MANAGE_GROUP_TOKEN_ACCESS}

    @operation(returns=GroupListEntrySerializer, many=True)
    def get(self, request: Request, group: str) -> GroupAllowlistQuerySet:
        return self.rows

    @operation(NewGroupListEntry, returns=GroupListEntrySerializer)
    def post(self, request: Request, group: str, params: dict[str, Any]) -> GroupAllowlistEntry:
        named = {kind: params.get(f"target_{kind}") for kind in (TargetKind.PROJECT, TargetKind.GROUP)}
        wanted = {kind: name for kind, name in named.items() if name is not None}
        ((kind, name),) = wanted.items()
        self.missing = f"target_{kind} not found"
        return services.add_group_entry(
            self.access.group,
            TargetName(IdOrPath.parse(name), kind),
            by=self.current_user,
            default_permissions=params.get("default_permissions", "permissions" not in params),
            permissions=params.get("permissions", ()),
            terms=read_terms(params, self.access.group),
        )


class Entry(_GroupEntryView):
    actions = {
        "GET": Action.READ_GROUP_TOKEN_ACCESS,
        "PUT": Action.MANAGE_GROUP_TOKEN_ACCESS,
        "DELETE": Action.MANAGE_GROUP_TOKEN_ACCESS,
    }
    missing = "Entry"

    @operation(returns=GroupListEntrySerializer)
    def get(self, request: Request, group: str, entry: int) -> GroupAllowlistEntry:
        return self.entry(entry)

    @operation(GroupEntryChanges, returns=GroupListEntrySerializer)
    def put(self, request: Request, group: str, entry: int, params: dict[str, Any]) -> GroupAllowlistEntry:
        found = self.entry(entry)
        with transaction.atomic():
            change_entry(found, params, self.current_user)
        return self.entry(entry)

    @operation()
    def delete(self, request: Request, group: str, entry: int) -> None:
        services.delete_group_entry(self.entry(entry), by=self.current_user)


class _GroupEntryStep(_GroupEntryView, EntryStep):
    actions = {"POST": Action.MANAGE_GROUP_TOKEN_ACCESS}

    @operation(returns=GroupListEntrySerializer, status=200)
    def post(self, request: Request, group: str, entry: int) -> Any:
        return self.take(entry)


class SuspendGroupEntry(_GroupEntryStep):
    step = services.suspend_entry


class RestoreGroupEntry(_GroupEntryStep):
    step = services.restore_entry


class ConfirmGroupEntry(_GroupEntryStep):
    step = services.confirm_entry


class RenewGroupEntry(_GroupEntryStep):
    step = services.renew_entry

    @operation(Renewal, returns=GroupListEntrySerializer, status=200)
    def post(self, request: Request, group: str, entry: int, params: dict[str, Any]) -> Any:
        return self.take(entry, **params)
