"""Project and group access tokens: personal tokens of a bot that is a member of that project or group and of nothing
else (tokens.md §6.3)."""

from __future__ import annotations

import secrets
from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from audit import services as audit
from identity import services as identity
from identity.models import PersonalToken, Scope, User
from identity.names import require_visible
from identity.querysets import PersonalTokenQuerySet
from projects.models import Group, Membership, Project
from projects.services import members
from tokenaccess.policy.levels import Role
from tokens.models import AccessTokenBot

SCOPES = [scope for scope in Scope if scope not in {Scope.READ_USER, Scope.SUDO}]
MAX_TOKENS = 1000  # in use, of one project or group


def access_tokens(place: Project | Group) -> PersonalTokenQuerySet:
    rows = PersonalToken.objects.filter(**{f"user__access_token_bot__{place.kind}": place})
    return rows.select_related("user__access_token_bot")


@transaction.atomic
def create_access_token(
    place: Project | Group,
    *,
    by: User,
    by_role: Role,
    name: str,
    scopes: list[str],
    role: Role = Role.MAINTAINER,
    expires_at: date | None = None,
    description: str = "",
) -> tuple[PersonalToken, str]:
    """The token and its plain text; `by_role` is what its maker is there. Raises ValidationError by field."""
    if role > by_role:
        raise ValidationError({"access_level": [_("cannot be higher than your own")]})
    if not set(scopes) <= {scope.value for scope in SCOPES}:
        raise ValidationError({"scopes": [_("does not have a valid value")]})
    members.lock_place(place)
    if access_tokens(place).active().count() >= MAX_TOKENS:
        raise ValidationError(
            {"base": [_("There are %(most)d access tokens in use. Revoke some first") % {"most": MAX_TOKENS}]}
        )
    bot = _create_bot(place, name, role)
    members.add_bot(user=bot, target=place, role=role, by=by)
    token, secret = identity.create_bot_token(
        user=bot, name=name, scopes=scopes, by=by, expires_at=expires_at, description=description
    )
    _record("access_token_created", "created", token, place, by, access_level=role.value)
    return token, secret


def _create_bot(place: Project | Group, name: str, role: Role) -> User:
    require_visible(name=name.strip())
    username = f"{place.kind}_{place.pk}_bot_{secrets.token_hex(16)}"
    bot = identity.create_bot(username=username, name=name, email=f"{username}@noreply.invalid")
    AccessTokenBot.objects.create(user=bot, role=role, **{str(place.kind): place})
    return bot


@transaction.atomic
def rotate_access_token(
    token: PersonalToken, *, by: User, by_role: Role, expires_at: date | None = None
) -> tuple[PersonalToken, str]:
    """As identity.services.rotate_token. Whoever gets the new token must not be less than it: ValidationError."""
    bot = token.user.access_token_bot
    if role_of_bot(bot) > by_role:
        raise ValidationError({"access_level": [_("cannot be higher than your own")]})
    made, secret = identity.rotate_token(token, by=by, expires_at=expires_at)
    _record("access_token_rotated", "rotated", made, bot.place, by)
    return made, secret


@transaction.atomic
def revoke_access_token(token: PersonalToken, *, by: User | None) -> None:
    """Its bot goes out of service with it, unless it has another token."""
    bot = token.user.access_token_bot
    if not token.revoked:
        _record("access_token_revoked", "revoked", token, bot.place, by)
    identity.revoke_token(token, by=by)
    if not PersonalToken.objects.filter(user=token.user).active().exists():
        _retire(bot)


def role_of_bot(bot: AccessTokenBot) -> Role:
    """Its role there now: somebody may have changed it like any member's."""
    place = bot.place
    held = Membership.objects.filter(user=bot.user_id, **{str(place.kind): place}).values_list("role", flat=True)
    return Role(held.first() or 0)


def retire_bots(now: datetime) -> int:
    """Takes bots out of service whose tokens have all ended by themselves. Returns how many."""
    in_use = PersonalToken.objects.filter(user=OuterRef("user")).active()
    bots = AccessTokenBot.objects.filter(~Exists(in_use), user__is_active=True).select_related("user")
    for bot in bots:
        with transaction.atomic():
            _retire(bot)
    return len(bots)


def _retire(bot: AccessTokenBot) -> None:
    """No membership, and nothing acts as it: what it had started or made to run later ends with it."""
    members.remove_bot(bot.user)
    User.objects.filter(pk=bot.user_id).update(is_active=False)


def _record(event: str, what: str, token: PersonalToken, place: Project | Group, by: User | None, **more: int) -> None:
    path = place.full_path
    message = f"Access token '{token.name}' of {path} was {what}"
    audit.record(event, message, by=by, on=place, path=path, token_id=token.pk, scopes=token.scopes, **more)
