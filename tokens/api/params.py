"""What requests about tokens of projects and groups may say."""

from __future__ import annotations

from api.input.fields import Boolean, Day, Moment, NumberChoice, Text, Words
from api.input.list_filters import ListFilters
from api.input.parameters import Parameters
from tokenaccess.policy.levels import Role
from tokens.models import DeployScope
from tokens.querysets import DeployTokenQuerySet
from tokens.services.access_tokens import SCOPES

MAX_NAME = 255


class NewAccessToken(Parameters):
    name = Text(required=True, max_length=MAX_NAME)
    scopes = Words([scope.value for scope in SCOPES], required=True, allow_empty=False)
    access_level = NumberChoice({role.value: role for role in Role if role}, source="role", default=Role.MAINTAINER)
    description = Text(default="")
    expires_at = Day()


class AccessTokenRotation(Parameters):
    expires_at = Day()


class DeployTokenFilters(ListFilters):
    active = Boolean()
    unsupported = {"scopes": None}

    def filter_active(self, rows: DeployTokenQuerySet, active: bool) -> DeployTokenQuerySet:
        return rows.active() if active else rows.inactive()


class NewDeployToken(Parameters):
    name = Text(required=True, max_length=MAX_NAME)
    scopes = Words(DeployScope.values, required=True, allow_empty=False)
    username = Text(default="", max_length=MAX_NAME)
    expires_at = Moment()
