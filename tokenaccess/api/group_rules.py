"""`/token_access/groups/:id/…`: what a group sets for all projects below it (docs/group-rules.md). GitLab has no such
thing."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from rest_framework.request import Request

from api.operations import operation
from api.rest import ApiError, not_found
from projects.models import Project
from tokenaccess.access.id_or_path import IdOrPath
from tokenaccess.adapters.drf import GatedView
from tokenaccess.allowlist import services
from tokenaccess.allowlist.deviations import Deviations
from tokenaccess.allowlist.inherited import combined_rule, inherited_entries
from tokenaccess.allowlist.services.group_rules import rule_of
from tokenaccess.allowlist.targets import TargetName
from tokenaccess.api.group_rule_params import EntryPermissions, GroupRuleChanges, NewGroupListEntry
from tokenaccess.api.group_rule_serializers import (
    DeviationCountSerializer,
    DeviationSerializer,
    GroupListEntrySerializer,
    GroupRuleSerializer,
    InheritedEntrySerializer,
    InheritedRuleSerializer,
)
from tokenaccess.api.refusals import api_errors
from tokenaccess.models import GroupAllowlistEntry, GroupRule
from tokenaccess.policy import Action
from tokenaccess.policy.actions import TargetKind
from tokenaccess.policy.levels import InboundMode
from tokenaccess.querysets import GroupAllowlistQuerySet


class Rule(GatedView):
    """The mode, the ceiling and the lock."""

    actions = {"GET": Action.READ_GROUP_TOKEN_ACCESS, "PUT": Action.MANAGE_GROUP_TOKEN_ACCESS}

    @operation(returns=GroupRuleSerializer)
    def get(self, request: Request, group: str) -> GroupRule:
        return rule_of(self.access.group)

    @operation(GroupRuleChanges, returns=GroupRuleSerializer)
    def put(self, request: Request, group: str, params: dict[str, Any]) -> GroupRule:
        changes = dict(params)
        if "inbound_mode" in changes:
            changes["inbound_mode"] = InboundMode[changes["inbound_mode"].upper()]
        with api_errors("Group"):
            return services.change_group_rule(self.access.group, by=self.current_user, **changes)


class List(GatedView):
    """Whose jobs may access every project below the group."""

    actions = {"GET": Action.READ_GROUP_TOKEN_ACCESS, "POST": Action.MANAGE_GROUP_TOKEN_ACCESS}

    @operation(returns=GroupListEntrySerializer, many=True)
    def get(self, request: Request, group: str) -> GroupAllowlistQuerySet:
        listed = GroupAllowlistEntry.objects.filter(group=self.access.group).order_by("id")
        return listed.select_related("group", "target_project", "target_group", "added_by")

    @operation(NewGroupListEntry, returns=GroupListEntrySerializer)
    def post(self, request: Request, group: str, params: dict[str, Any]) -> GroupAllowlistEntry:
        named = {kind: params.pop(f"target_{kind}", None) for kind in (TargetKind.PROJECT, TargetKind.GROUP)}
        wanted = {kind: name for kind, name in named.items() if name is not None}
        if len(wanted) != 1:
            raise ApiError(400, {"error": "target_project, target_group are missing, exactly one is to be given"})
        ((kind, name),) = wanted.items()
        with api_errors(f"target_{kind} not found"):
            target = TargetName(IdOrPath.parse(name), kind)
            return services.add_group_entry(self.access.group, target, by=self.current_user, **_permissions(params))


class Entry(GatedView):
    actions = {"PUT": Action.MANAGE_GROUP_TOKEN_ACCESS, "DELETE": Action.MANAGE_GROUP_TOKEN_ACCESS}

    @operation(EntryPermissions, returns=GroupListEntrySerializer)
    def put(self, request: Request, group: str, entry: int, params: dict[str, Any]) -> GroupAllowlistEntry:
        with api_errors("Entry"):
            found = self._find(entry)
            wanted = {"permissions": found.permissions, **_permissions(params)}
            return services.change_group_entry(found, by=self.current_user, **wanted)

    @operation()
    def delete(self, request: Request, group: str, entry: int) -> None:
        with api_errors("Entry"):
            services.delete_group_entry(self._find(entry), by=self.current_user)

    def _find(self, entry: int) -> GroupAllowlistEntry:
        entries = GroupAllowlistEntry.objects.filter(group=self.access.group, pk=entry)
        found = entries.select_related("group", "target_project", "target_group", "added_by").first()
        if found is None:
            raise not_found("Entry")
        return found


class DeviatingProjects(GatedView):
    """Projects below the group that deviate from its rule, by path; those that the reader may not see are left out."""

    actions = {"GET": Action.READ_GROUP_TOKEN_ACCESS}

    @operation(returns=DeviationSerializer, many=True)
    def get(self, request: Request, group: str) -> QuerySet[Project]:
        self.deviations = Deviations(self.access.group)
        return self.deviations.visible_projects(self.current_user)


class DeviationCount(GatedView):
    actions = {"GET": Action.READ_GROUP_TOKEN_ACCESS}

    @operation(returns=DeviationCountSerializer)
    def get(self, request: Request, group: str) -> dict[str, int]:
        found = Deviations(self.access.group)
        visible = found.visible_projects(self.current_user).count()
        return {"visible": visible, "hidden": found.projects().count() - visible}


class InheritedRule(GatedView):
    """What the groups above a project have it do."""

    actions = {"GET": Action.READ_TOKEN_ACCESS}

    @operation(returns=InheritedRuleSerializer)
    def get(self, request: Request, project: str) -> GroupRule:
        return combined_rule(self.access.project.group)


class InheritedList(GatedView):
    """The entries that a project has from the groups above it, the nearest group first."""

    actions = {"GET": Action.READ_TOKEN_ACCESS}

    @operation(returns=InheritedEntrySerializer, many=True)
    def get(self, request: Request, project: str) -> GroupAllowlistQuerySet:
        return inherited_entries(self.access.project.group_id)


def _permissions(params: dict[str, Any]) -> dict[str, Any]:
    """Naming permissions means those alone."""
    default = params.pop("default_permissions", "permissions" not in params)
    reason = {"reason": params["reason"] or ""} if "reason" in params else {}
    return {**params, **reason, "default_permissions": default}
