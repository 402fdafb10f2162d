"""What requests about tokens of projects and groups may say."""

from __future__ import annotations

from django.db.models import QuerySet

from api.input.fields import Boolean, Choice, Day, Moment, NumberChoice, Text, Words
from api.input.list_filters import ListFilters
from api.input.parameters import Parameters
from identity.models import PersonalToken
from identity.querysets import PersonalTokenQuerySet
from tokenaccess.policy.levels import Role
from tokens.models import DeployScope
from tokens.querysets import DeployTokenQuerySet
from tokens.services.access_tokens import SCOPES

MAX_NAME = 255


class AccessTokenFilters(ListFilters):
    state = Choice(["active", "inactive"])
    revoked = Boolean()
    search = Text()
    created_after = Moment(source="created_at__gt")
    created_before = Moment(source="created_at__lt")
    last_used_after = Moment(source="last_used_at__gt")
    last_used_before = Moment(source="last_used_at__lt")
    expires_after = Day(source="expires_at__gt")
    expires_before = Day(source="expires_at__lt")
    sort = Choice(
        [f"{name}_{way}" for name in ("created", "expires", "last_used", "name") for way in ("asc", "desc")],
        default="created_desc",
    )

    options = frozenset({"sort"})
    columns = {"created": "created_at", "expires": "expires_at", "last_used": "last_used_at", "name": "name"}

    @classmethod
    def order(cls, rows: QuerySet[PersonalToken], values: dict[str, str]) -> QuerySet[PersonalToken]:  # type: ignore[override]
        field, _, way = values["sort"].rpartition("_")
        return rows.order_by(f"{'-' if way == 'desc' else ''}{cls.columns[field]}", "-id")

    def filter_state(self, rows: PersonalTokenQuerySet, state: str) -> PersonalTokenQuerySet:
        return rows.active() if state == "active" else rows.inactive()

    def filter_search(self, rows: PersonalTokenQuerySet, text: str) -> PersonalTokenQuerySet:
        return rows.search(text)


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
