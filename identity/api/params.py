"""What requests about people and their tokens may say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet

from api.input.fields import Boolean, Choice, Day, Integer, Moment, Text, Words
from api.input.list_filters import Flag, ListFilters
from api.input.parameters import Parameters
from api.input.token_filters import TokenFilters
from api.rest import ApiError
from api.serializers import with_fields
from identity.api.granular import GranularScopes
from identity.models import PROFILE_FIELDS, Scope, User
from identity.querysets import PersonalTokenQuerySet
from identity.sign_in.two_factor import filter_by_two_factor
from tokenaccess.policy.granular import GRANULAR

MAX_NAME = 255
# GitLab's, of which there is nothing here; with the value that changes nothing.
_PROFILE: dict[str, Any] = {
    **dict.fromkeys(
        "avatar color_scheme_id commit_email extern_uid extra_shared_runners_minutes_limit group_id_for_saml layout "
        "mastodon note provider provider_id_for_saml shared_runners_minutes_limit skype theme_id "
        "view_diffs_file_by_file".split()
    ),
    "auditor": False,
    "can_create_group": True,
    "private_profile": False,
    "projects_limit": 100_000,
}


class UserFilters(ListFilters):
    """`username` is a whole name; `search` part of a name or username, or to administrators a whole address."""

    username = Text(source="username__iexact")
    search = Text()
    active = Flag(is_active=True)
    blocked = Flag(is_active=False)
    external = Flag(is_external=True)
    exclude_active = Flag(is_active=False)
    exclude_external = Flag(is_external=False)
    # There are no accounts of the instance's own, and no bots but those of access tokens.
    humans = Flag(is_bot=False)
    exclude_humans = Flag(is_bot=True)
    exclude_internal = Flag()
    without_project_bots = Flag(is_bot=False)
    created_after = Moment(source="date_joined__gte")
    created_before = Moment(source="date_joined__lte")
    two_factor = Choice(["enabled", "disabled"])
    admins = Flag(is_superuser=True)

    options = frozenset({"search"})
    orders = {
        "id": "id",
        "name": "name",
        "username": "username",
        "created_at": "date_joined",
        "updated_at": "date_joined",
    }
    unsupported = {
        **dict.fromkeys("custom_attributes extern_uid provider public_email saml_provider_id status".split()),
        "auditors": False,
        "locked": False,
        "skip_ldap": True,
        "with_custom_attributes": False,
        "without_projects": False,
    }

    def filter_two_factor(self, rows: QuerySet[User], wanted: str) -> QuerySet[User]:
        return filter_by_two_factor(rows, enabled=wanted == "enabled")


@with_fields({name: Text(max_length=MAX_NAME, allow_blank=True) for name in PROFILE_FIELDS})
class _UserFields(Parameters):
    """The texts of a profile are gathered in `profile`."""

    email = Text(refuse_blank=True)
    name = Text(refuse_blank=True)
    username = Text(refuse_blank=True)
    password = Text()
    admin = Boolean(source="is_superuser")
    external = Boolean(source="is_external")

    unsupported = {**_PROFILE, "skip_confirmation": True, "skip_reconfirmation": True}

    @classmethod
    def read_values(cls, given: Mapping[str, Any]) -> dict[str, Any]:
        values = super().read_values(given)
        profile = {name: values.pop(name) for name in PROFILE_FIELDS if name in values}
        return {**values, "profile": profile} if profile else values


class NewUser(_UserFields):
    email = Text(required=True)
    name = Text(required=True)
    username = Text(required=True)
    reset_password = Boolean()
    force_random_password = Boolean()

    at_least_one_of = ("password", "reset_password", "force_random_password")


class UserChanges(_UserFields):
    pass


class UserDeletion(Parameters):
    """`hard_delete`: the personal projects go too."""

    hard_delete = Boolean(default=False)


class PersonalTokenFilters(TokenFilters):
    user_id = Integer()

    options = TokenFilters.options | {"user_id"}


class ImpersonationTokenFilters(ListFilters):
    state = Choice(["all", "active", "inactive"], default="all")

    def filter_state(self, rows: PersonalTokenQuerySet, state: str) -> PersonalTokenQuerySet:
        return rows if state == "all" else rows.active() if state == "active" else rows.inactive()


class NewPersonalToken(Parameters):
    """`scopes`, or for a fine-grained token `granular_scopes`."""

    name = Text(required=True, max_length=MAX_NAME)
    scopes = Words(Scope.values, required=True, allow_empty=False)
    granular_scopes = GranularScopes()
    description = Text(default="")
    expires_at = Day()

    @classmethod
    def read_values(cls, given: Mapping[str, Any]) -> dict[str, Any]:
        if given.get("granular_scopes") in (None, "", []):
            return super().read_values(given)
        if given.get("scopes"):
            raise ApiError(400, {"error": "scopes, granular_scopes are mutually exclusive"})
        values = super().read_values({**given, "scopes": [Scope.SELF_ROTATE.value]})  # any, for it is required
        return {**values, "scopes": [GRANULAR]}


class NewOwnToken(NewPersonalToken):
    """A token is not made by another that could do less: these can do no more than replace themselves."""

    scopes = Words([Scope.SELF_ROTATE.value], required=True, allow_empty=False)


class TokenRotationParams(Parameters):
    expires_at = Day()
