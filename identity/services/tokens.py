"""Personal tokens: making, rotating, revoking. The plain text leaves here once and is kept nowhere. tokens.md §6.1."""

from __future__ import annotations

from datetime import date, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction

from audit import services as audit
from identity.models import PersonalToken, Scope, User, today
from identity.secrets import MOST, Prefix, digest, mint

ROTATED_FOR = timedelta(days=7)
_LEAST_OWN = 20  # characters after the prefix of a token that somebody brings along


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
) -> tuple[PersonalToken, str]:
    """The token and its plain text. `secret`: one that automation brings along. Raises ValidationError by field."""
    validate_scopes(scopes)
    _validate_day(expires_at)
    plain = mint(Prefix.PERSONAL) if secret is None else _own(secret)
    token = PersonalToken(
        user=user,
        name=name.strip(),
        description=description,
        scopes=sorted(set(scopes)),
        expires_at=expires_at,
        digest=digest(plain),
    )
    token.full_clean()
    token.save()
    _tell("token_created", f"Token '{token.name}' of {user.username} was created", by, token)
    return token, plain


@transaction.atomic
def rotate_token(token: PersonalToken, *, by: User | None, expires_at: date | None = None) -> tuple[PersonalToken, str]:
    """Revokes the token and hands out its successor, which lives for a week unless told otherwise.

    Raises ValidationError for a day in the past, NotActive for a token that is revoked or expired.
    """
    token = PersonalToken.objects.select_for_update(of=("self",)).select_related("user").get(pk=token.pk)
    if not token.active:
        raise NotActive
    revoke_token(token, by=by)
    made, plain = create_token(
        user=token.user,
        name=token.name,
        description=token.description,
        scopes=token.scopes,
        by=by,
        expires_at=expires_at or today() + ROTATED_FOR,
    )
    made.family_id = token.family_id or token.pk
    made.save(update_fields=["family"])
    return made, plain


@transaction.atomic
def revoke_token(token: PersonalToken, *, by: User | None) -> None:
    """Works no longer from this moment; once more changes nothing."""
    if PersonalToken.objects.filter(pk=token.pk, revoked=False).update(revoked=True):
        _tell("token_revoked", f"Token '{token.name}' of {token.user.username} was revoked", by, token)
    token.revoked = True


@transaction.atomic
def revoke_family(token: PersonalToken, *, by: User | None) -> None:
    """Every token of the line: somebody tried to rotate one that was replaced already, so it may have been stolen."""
    for relative in PersonalToken.objects.family_of(token).active().select_related("user"):
        revoke_token(relative, by=by)


def validate_scopes(scopes: list[str]) -> None:
    if not scopes or not set(scopes) <= set(Scope.values):
        raise ValidationError({"scopes": ["does not have a valid value"]})


def _validate_day(expires_at: date | None) -> None:
    if expires_at is not None and expires_at < today():
        raise ValidationError({"expires_at": ["cannot be a date in the past"]})


def _own(secret: str) -> str:
    body = secret.removeprefix(Prefix.PERSONAL)
    proper = all(char.isascii() and (char.isalnum() or char in "_-.") for char in body)
    if body == secret or len(body) < _LEAST_OWN or len(secret) > MOST or not proper:
        raise ValidationError(
            {
                "secret": [
                    f"must be '{Prefix.PERSONAL}' and at least {_LEAST_OWN} characters after it, of A-Z a-z 0-9 _ - ."
                ]
            }
        )
    return secret


def _tell(event: str, message: str, by: User | None, token: PersonalToken) -> None:
    # Told of the person, whose page shows it; the token is named in the details.
    audit.record(event, message, by=by, on=token.user, path=token.user.username, token_id=token.pk, scopes=token.scopes)
