"""`/token_access/groups/:id/…`: what a group sets for all projects below it (docs/group-rules.md). GitLab has no such
thing."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from rest_framework.request import Request

from api.operations import operation
from projects.models import Project
from tokenaccess.adapters.drf import GatedView
from tokenaccess.allowlist import services
from tokenaccess.allowlist.group_rules.deviations import Deviations
from tokenaccess.allowlist.group_rules.inherited import combined_rule, inherited_entries
from tokenaccess.allowlist.services.group_rules import rule_of
from tokenaccess.api.group_rules.params import GroupRuleChanges
from tokenaccess.api.group_rules.serializers import (
    DeviationCountSerializer,
    DeviationSerializer,
    GroupRuleSerializer,
    InheritedEntrySerializer,
    InheritedRuleSerializer,
)
from tokenaccess.models import GroupRule
from tokenaccess.policy import Action
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
        return services.change_group_rule(self.access.group, by=self.current_user, **changes)


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
