"""Package protection rules, by REST (resources.md §2.6)."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.request import Request

from api.input.fields import Choice, Text
from api.input.parameters import Parameters
from api.operations import operation
from api.rest import ApiError, not_found
from api.serializers import ResponseSerializer
from resources.packages.api.filters import PackageProtectionFilters
from resources.packages.formats.table import FORMATS
from resources.packages.models import PackageProtectionRule
from resources.packages.protection import services
from text.numbers import parse_number
from tokenaccess.adapters.drf import GatedView
from tokenaccess.policy import Action
from tokenaccess.policy.levels import Role

_PUSH = {"maintainer": Role.MAINTAINER, "owner": Role.OWNER}
_DELETE = {"owner": Role.OWNER}


class LevelChoice(Choice):
    """The name of a role; null or nothing for none."""

    def __init__(self, roles: dict[str, Role], **options: Any) -> None:
        self.roles = roles
        super().__init__(roles, allow_null=True, **options)

    def to_internal_value(self, data: Any) -> Any:
        return self.roles[super().to_internal_value(data)]


class RuleChanges(Parameters):
    package_name_pattern = Text(source="name_pattern", max_length=services.MAX_PATTERN, refuse_blank=True)
    package_type = Choice(FORMATS, source="kind")
    minimum_access_level_for_push = LevelChoice(_PUSH, source="min_push_role")
    minimum_access_level_for_delete = LevelChoice(_DELETE, source="min_delete_role")


class NewRule(RuleChanges):
    package_name_pattern = Text(required=True, source="name_pattern", max_length=services.MAX_PATTERN)
    package_type = Choice(FORMATS, required=True, source="kind")

    at_least_one_of = ("minimum_access_level_for_push", "minimum_access_level_for_delete")


class RuleSerializer(ResponseSerializer):
    id = serializers.IntegerField()
    project_id = serializers.IntegerField()
    package_name_pattern = serializers.CharField(source="name_pattern")
    package_type = serializers.CharField(source="kind")
    minimum_access_level_for_push = serializers.SerializerMethodField()
    minimum_access_level_for_delete = serializers.SerializerMethodField()

    def get_minimum_access_level_for_push(self, rule: PackageProtectionRule) -> str | None:
        return _name(rule.min_push_role)

    def get_minimum_access_level_for_delete(self, rule: PackageProtectionRule) -> str | None:
        return _name(rule.min_delete_role)


def _name(role: int) -> str | None:
    return Role(role).name.lower() if role else None


def _with_numbers(values: dict[str, Any]) -> dict[str, Any]:
    """null asks for no role."""
    return {field: value or 0 if field.startswith("min_") else value for field, value in values.items()}


class ProtectionView(GatedView):
    @property
    def rules(self) -> QuerySet[PackageProtectionRule]:
        return PackageProtectionRule.objects.filter(project=self.access.project)


class ProtectionRules(ProtectionView):
    actions = {"GET": Action.READ_PACKAGE_PROTECTION, "POST": Action.MANAGE_PACKAGE_PROTECTION}

    @operation(PackageProtectionFilters, returns=RuleSerializer, many=True)
    def get(self, request: Request, project: str, params: dict[str, Any]) -> QuerySet[PackageProtectionRule]:
        return self.rules.order_by("id")

    @operation(NewRule, returns=RuleSerializer)
    def post(self, request: Request, project: str, params: dict[str, Any]) -> PackageProtectionRule:
        try:
            return services.create_rule(self.access.project, by=self.current_user, **_with_numbers(params))
        except services.AlreadyProtected:
            raise _already_protected() from None


class ProtectionRule(ProtectionView):
    actions = {"PATCH": Action.MANAGE_PACKAGE_PROTECTION, "DELETE": Action.MANAGE_PACKAGE_PROTECTION}

    def find(self, rule_id: str) -> PackageProtectionRule:
        found = self.rules.select_related("project").filter(pk=parse_number(rule_id) or 0).first()
        if found is None:
            raise not_found("Package protection rule")
        return found

    @operation(RuleChanges, returns=RuleSerializer)
    def patch(self, request: Request, project: str, rule_id: str, params: dict[str, Any]) -> PackageProtectionRule:
        try:
            return services.change_rule(self.find(rule_id), by=self.current_user, **_with_numbers(params))
        except services.AlreadyProtected:
            raise _already_protected() from None
        except services.NothingProtected:
            raise ApiError(422, {"message": ["A rule must ask for a role to push or to delete"]}) from None

    @operation()
    def delete(self, request: Request, project: str, rule_id: str) -> None:
        services.delete_rule(self.find(rule_id), by=self.current_user)


def _already_protected() -> ApiError:
    return ApiError(422, {"message": ["Package name pattern has already been taken"]})
