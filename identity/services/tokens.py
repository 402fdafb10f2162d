"""Personal tokens: making, rotating, revoking. The plain text leaves here once and is kept nowhere. tokens.md §6.1."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from audit import services as audit
from identity.credentials.table import Prefix
from identity.models import PersonalToken, Scope, User, today
from identity.names import require_visible
from identity.secrets import MAX_LENGTH, digest, mint
from tokenaccess.policy.granular import GRANULAR

ROTATION_LIFETIME = timedelta(days=7)
_MIN_SUPPLIED = 20  # characters after the prefix of a token that somebody brings along


class NotActive(Exception):
    """The token is revoked or expired."""


@transaction.atomic
def create_token(
    *,
    user: User,
    name: str,
    scopes: list[str],
    by: User | None,
    expires_at: date | None = None,
    description: str = "",
    secret: str | None = None,
    impersonation: bool = False,
    granular_scopes: list[dict[str, Any]] | None = None,
) -> tuple[PersonalToken, str]:
    """The token and its plain text. `secret`: one that automation brings along. `granular_scopes`: of a fine-grained
    token, as it keeps them; its `scopes` are then [GRANULAR]. Raises ValidationError by field."""
    if user.is_bot:
        raise ValidationError({"base": [_("A bot has no tokens but those of its project or group")]})
    return _create(
        user=user,
        name=name,
        scopes=scopes,
        by=by,
        expires_at=expires_at,
        description=description,
        secret=secret,
        impersonation=impersonation,
        granular_scopes=granular_scopes,
    )


@transaction.atomic
def create_bot_token(
    *, user: User, name: str, scopes: list[str], by: User, expires_at: date | None = None, description: str = ""
) -> tuple[PersonalToken, str]:
    """As `create_token`, for the bot of a project or group access token."""
    return _create(user=user, name=name, scopes=scopes, by=by, expires_at=expires_at, description=description)


def _create(
    *,
    user: User,
    name: str,
    scopes: list[str],
    by: User | None,
    expires_at: date | None,
    description: str,
    secret: str | None = None,
    impersonation: bool = False,
    granular_scopes: list[dict[str, Any]] | None = None,
) -> tuple[PersonalToken, str]:
    if granular_scopes is None:
        validate_scopes(scopes)
    elif scopes != [GRANULAR] or not granular_scopes:
        raise ValidationError({"granular_scopes": [_("does not have a valid value")]})
    _validate_day(expires_at)
    require_visible(name=name.strip())
    require_visible(description=description, lines=True)
    plain = mint(Prefix.PERSONAL) if secret is None else _validate_supplied(secret)
    token = PersonalToken(
        user=user,
        name=name.strip(),
        description=description,
        scopes=sorted(set(scopes)),
        expires_at=expires_at,
        impersonation=impersonation,
        granular_scopes=granular_scopes,
        digest=digest(plain),
    )
    token.full_clean()
    token.save()
    _record("token_created", f"Token '{token.name}' of {user.username} was created", by, token)
    return token, plain


@transaction.atomic
def rotate_token(token: PersonalToken, *, by: User | None, expires_at: date | None = None) -> tuple[PersonalToken, str]:
    """Revokes the token and hands out its successor, which lives for a week unless told otherwise.

    Raises ValidationError for a day in the past, NotActive for a token that is revoked or expired.
    """
    _lock_family(token)
    token = PersonalToken.objects.select_for_update(of=("self",)).select_related("user").get(pk=token.pk)
    if not token.active:
        raise NotActive
    revoke_token(token, by=by)
    made, plain = _create(
        user=token.user,
        name=token.name,
        description=token.description,
        scopes=token.scopes,
        by=by,
        expires_at=expires_at or today() + ROTATION_LIFETIME,
        impersonation=token.impersonation,
        granular_scopes=token.granular_scopes,
    )
    made.family_id = token.family_id or token.pk
    made.save(update_fields=["family"])
    return made, plain


@transaction.atomic
def revoke_token(token: PersonalToken, *, by: User | None) -> None:
    """Works no longer from this moment; once more changes nothing."""
    if PersonalToken.objects.filter(pk=token.pk, revoked=False).update(revoked=True):
        _record("token_revoked", f"Token '{token.name}' of {token.user.username} was revoked", by, token)
    token.revoked = True


@transaction.atomic
def revoke_family(token: PersonalToken, *, by: User | None) -> None:
    """Every token of the line: somebody tried to rotate one that was replaced already, so it may have been stolen."""
    _lock_family(token)
    for relative in PersonalToken.objects.family_of(token).active().select_related("user"):
        revoke_token(relative, by=by)


def _lock_family(token: PersonalToken) -> None:
    """Until the end of the transaction nobody else rotates a token of the line: its end leaves no successor behind that
    was made in this very moment."""
    PersonalToken.objects.select_for_update().filter(pk=token.family_id or token.pk).first()


def validate_scopes(scopes: list[str]) -> None:
    if not scopes or not set(scopes) <= set(Scope.values):
        raise ValidationError({"scopes": [_("does not have a valid value")]})


def _validate_day(expires_at: date | None) -> None:
    if expires_at is not None and expires_at < today():
        raise ValidationError({"expires_at": [_("cannot be a date in the past")]})


def _validate_supplied(secret: str) -> str:
    body = secret.removeprefix(Prefix.PERSONAL)
    proper = all(char.isascii() and (char.isalnum() or char in "_-.") for char in body)
    if body == secret or len(body) < _MIN_SUPPLIED or len(secret) > MAX_LENGTH or not proper:
        words = f"must be '{Prefix.PERSONAL}' and at least {_MIN_SUPPLIED} characters after it, of A-Z a-z 0-9 _ - ."
        raise ValidationError({"secret": [words]})
    return secret


def _record(event: str, message: str, by: User | None, token: PersonalToken) -> None:
    # Told of the person, whose page shows it; the token is named in the details.
    audit.record(event, message, by=by, on=token.user, path=token.user.username, token_id=token.pk, scopes=token.scopes)
