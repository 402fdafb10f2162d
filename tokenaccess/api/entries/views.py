"""`/token_access/projects/:id/entries`: both lists of a project with what GitLab's routes do not say of an entry."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import transaction
from django.db.models import QuerySet
from rest_framework.request import Request

from api.operations import operation
from api.rest import not_found
from identity.models import User, today
from tokenaccess.access.id_or_path import IdOrPath
from tokenaccess.adapters.drf import GatedView
from tokenaccess.allowlist import services
from tokenaccess.allowlist.reviews.fading import fading_since, with_last_use
from tokenaccess.allowlist.targets import TargetName
from tokenaccess.api.entries.params import EntryChanges, EntryFilters, NewEntry, Renewal, read_terms
from tokenaccess.api.entries.serializers import AllowlistEntrySerializer
from tokenaccess.models import AllowlistEntry, Direction
from tokenaccess.models.list_entry import ListEntry
from tokenaccess.policy import Action
from tokenaccess.policy.actions import TargetKind
from tokenaccess.policy.facts import EntryState

RELATED = ("project", "target_project", "target_group", "owner", "added_by", "suspended_by")
TARGET_NOT_FOUND = "target not found"


class _EntryView(GatedView):
    missing = TARGET_NOT_FOUND

    @property
    def rows(self) -> QuerySet[Any]:
        return self.among(AllowlistEntry.objects.all())

    def among(self, entries: QuerySet[AllowlistEntry]) -> QuerySet[Any]:
        return with_last_use(entries.filter(project=self.access.project)).select_related(*RELATED)

    def entry(self, pk: int) -> Any:
        found = self.rows.filter(pk=pk).first()
        if found is None:
            raise not_found("Entry")
        return found


class Entries(_EntryView):
    actions = {"GET": Action.READ_TOKEN_ACCESS, "POST": Action.MANAGE_TOKEN_ACCESS}

    @operation(EntryFilters, returns=AllowlistEntrySerializer, many=True)
    def get(self, request: Request, project: str, params: dict[str, Any]) -> QuerySet[Any]:
        entries = AllowlistEntry.objects.all()
        if direction := params.get("direction"):
            entries = entries.filter(direction=direction)
        if state := params.get("state"):
            entries = entries.in_state(EntryState[state.upper()], today())
        rows = self.among(entries)
        since = fading_since()
        if (unused := params.get("unused")) is not None:
            if since is None:
                return rows.none() if unused else rows
            rows = rows.filter(unused_since__lt=since) if unused else rows.filter(unused_since__gte=since)
        return rows.order_by("id")

    @operation(NewEntry, returns=AllowlistEntrySerializer)
    def post(self, request: Request, project: str, params: dict[str, Any]) -> Any:
        outbound = params["direction"] == Direction.OUTBOUND
        target = TargetName(IdOrPath.of_path(params["target"]), TargetKind.PROJECT if outbound else None)
        made = services.add_entry(
            self.access.project,
            target,
            by=self.current_user,
            direction=params["direction"],
            default_permissions=params.get("default_permissions", "permissions" not in params),
            permissions=params.get("permissions", ()),
            terms=read_terms(params, self.access.project),
        )
        return self.entry(made.pk)


class Entry(_EntryView):
    actions = {
        "GET": Action.READ_TOKEN_ACCESS,
        "PUT": Action.MANAGE_TOKEN_ACCESS,
        "DELETE": Action.MANAGE_TOKEN_ACCESS,
    }

    @operation(returns=AllowlistEntrySerializer)
    def get(self, request: Request, project: str, entry: int) -> Any:
        return self.entry(entry)

    @operation(EntryChanges, returns=AllowlistEntrySerializer)
    def put(self, request: Request, project: str, entry: int, params: dict[str, Any]) -> Any:
        found = self.entry(entry)
        with transaction.atomic():
            change_entry(found, params, self.current_user)
        return self.entry(entry)

    @operation()
    def delete(self, request: Request, project: str, entry: int) -> None:
        services.delete_entry(self.entry(entry), by=self.current_user)


def change_entry(entry: ListEntry, params: dict[str, Any], by: User) -> None:
    """Its permissions and terms, as `EntryChanges` has them. Raises TokenAccessError."""
    if "permissions" in params or "default_permissions" in params:
        services.set_entry_permissions(
            entry,
            default_permissions=params.get("default_permissions", "permissions" not in params),
            permissions=params.get("permissions", entry.permissions),
            by=by,
        )
    services.set_terms(entry, read_terms(params, entry.holder), by=by)


class EntryStep(GatedView):
    """One press of a button: what is POSTed is done."""

    missing = TARGET_NOT_FOUND
    step: ClassVar[Any]  # a service that takes an entry

    def entry(self, pk: int) -> Any:
        raise NotImplementedError

    def take(self, pk: int, **options: Any) -> Any:
        type(self).step(self.entry(pk), by=self.current_user, **options)
        return self.entry(pk)


class _ProjectEntryStep(_EntryView, EntryStep):
    actions = {"POST": Action.MANAGE_TOKEN_ACCESS}

    @operation(returns=AllowlistEntrySerializer, status=200)
    def post(self, request: Request, project: str, entry: int) -> Any:
        return self.take(entry)


class SuspendEntry(_ProjectEntryStep):
    step = services.suspend_entry


class RestoreEntry(_ProjectEntryStep):
    step = services.restore_entry


class ConfirmEntry(_ProjectEntryStep):
    step = services.confirm_entry


class RenewEntry(_ProjectEntryStep):
    step = services.renew_entry

    @operation(Renewal, returns=AllowlistEntrySerializer, status=200)
    def post(self, request: Request, project: str, entry: int, params: dict[str, Any]) -> Any:
        return self.take(entry, **params)
