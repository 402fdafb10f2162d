"""People and their tokens as JSON."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from api.serializers import ABSENT, Constant, Day, Moment, OptionalMethod, ResponseSerializer, with_fields
from identity.models import PROFILE_FIELDS, PersonalToken, User
from identity.sign_in.two_factor import has_two_factor


class BasicUserSerializer(ResponseSerializer):
    """What anyone signed in may know of a person, in the keys of every list of people."""

    id = serializers.IntegerField()
    username = serializers.CharField()
    name = serializers.SerializerMethodField()
    state = serializers.ChoiceField(["active", "blocked"])
    locked = Constant(False)
    avatar_url = Constant(None)
    web_url = serializers.SerializerMethodField()

    def get_name(self, user: User) -> str:
        return user.get_full_name()

    def get_web_url(self, user: User) -> str:
        """A bot has no page."""
        return self.absolute_url("/" if user.is_bot else f"/{user.username}")


class ProfileText(serializers.CharField):
    """One of PROFILE_FIELDS; empty unless it was set."""

    def __init__(self, name: str) -> None:
        self.convert = lambda profile: profile.get(name, "")
        super().__init__(source="profile")


@with_fields({name: ProfileText(name) for name in PROFILE_FIELDS})
class PublicUserSerializer(BasicUserSerializer):
    """What a person's own page tells anyone signed in."""

    created_at = Moment(source="date_joined")
    bot = serializers.BooleanField(source="is_bot")


class OwnUserSerializer(PublicUserSerializer):
    """What the person sees of themselves, and an administrator of anyone."""

    email = serializers.CharField(help_text="Empty if there is none.")
    commit_email = serializers.CharField(source="email", help_text="Empty if there is none.")
    external = serializers.BooleanField(source="is_external")
    last_sign_in_at = Moment(source="last_login", allow_null=True)
    current_sign_in_at = Moment(source="last_login", allow_null=True)
    confirmed_at = Moment(source="date_joined")
    projects_limit = Constant(100_000)
    can_create_group = Constant(True)
    can_create_project = Constant(True)
    two_factor_enabled = serializers.SerializerMethodField()
    identities = Constant([])

    def get_two_factor_enabled(self, user: User) -> bool:
        """Read with the row where it is one of many (`with_two_factor`)."""
        known = getattr(user, "two_factor", None)
        return has_two_factor(user) if known is None else bool(known)


class AdministeredUserSerializer(OwnUserSerializer):
    """What only administrators see. Expects `namespace` to be at hand (select_related)."""

    is_admin = serializers.BooleanField(source="is_superuser")
    namespace_id = serializers.SerializerMethodField()

    def get_namespace_id(self, user: User) -> int | None:
        namespace = getattr(user, "namespace", None)
        return namespace.pk if namespace else None


class GranularScopeSerializer(serializers.Serializer[Any]):
    access = serializers.CharField()
    permissions = serializers.ListField(child=serializers.CharField())
    project_id = serializers.IntegerField(allow_null=True)
    group_id = serializers.IntegerField(allow_null=True)


class PersonalTokenSerializer(ResponseSerializer):
    """tokens.md §6.1."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    description = serializers.CharField()
    revoked = serializers.BooleanField()
    created_at = Moment()
    scopes = serializers.ListField(child=serializers.CharField())
    granular_scopes = OptionalMethod()
    user_id = serializers.IntegerField()
    last_used_at = Moment(allow_null=True)
    last_used_ips = serializers.ListField(
        child=serializers.CharField(), help_text="The last addresses that used it, the newest first; a few at most."
    )
    active = serializers.BooleanField()
    expires_at = Day(allow_null=True)

    @extend_schema_field(GranularScopeSerializer(many=True))
    def get_granular_scopes(self, token: PersonalToken) -> Any:
        """Only of a fine-grained token: one for each project and group that a scope names, as GitLab has it."""
        if token.granular_scopes is None:
            return ABSENT
        rows = []
        for scope in token.granular_scopes:
            known = {"access": scope["access"], "permissions": scope["permissions"]}
            places = [(pk, None) for pk in scope["project_ids"]] + [(None, pk) for pk in scope["group_ids"]]
            rows += [{**known, "project_id": project, "group_id": group} for project, group in places or [(None, None)]]
        return rows


class ImpersonationTokenSerializer(PersonalTokenSerializer):
    """tokens.md §6.2."""

    impersonation = serializers.BooleanField()


@dataclass(frozen=True)
class TokenWithSecret:
    token: PersonalToken
    secret: str = field(repr=False)


class PersonalTokenWithSecretSerializer(PersonalTokenSerializer):
    """With the secret, which is given once: to whoever creates or rotates the token. Renders a TokenWithSecret."""

    token = serializers.CharField()

    def to_representation(self, instance: TokenWithSecret) -> dict[str, Any]:
        known = PersonalTokenSerializer(context=self.context).render(instance.token)
        return {**known, "token": instance.secret}


class ImpersonationTokenWithSecretSerializer(ImpersonationTokenSerializer):
    """As PersonalTokenWithSecretSerializer."""

    token = serializers.CharField()

    def to_representation(self, instance: TokenWithSecret) -> dict[str, Any]:
        known = ImpersonationTokenSerializer(context=self.context).render(instance.token)
        return {**known, "token": instance.secret}
