"""People: making, changing, blocking, deleting.

A person also has a namespace, which is a group: whoever makes, renames or deletes people goes through
`projects.services.people`, which calls these.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from allauth.usersessions.models import UserSession
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from audit import services as audit
from audit.models import AuditEvent
from identity.models import User
from identity.names import require_visible
from identity.sign_in.sessions import delete_sessions

_EDITABLE = frozenset({"username", "name", "email", "is_external", "is_superuser", "staff_role", "profile"})
_LATELY = timedelta(days=7)


@transaction.atomic
def create_person(
    *,
    username: str,
    password: str | None,
    by: User | None,
    name: str = "",
    email: str = "",
    is_external: bool = False,
    is_superuser: bool = False,
    staff_role: str = "",
    profile: dict[str, str] | None = None,
) -> User:
    """A new person; without a password nobody can sign in as them. Raises ValidationError by field."""
    require_visible(name=name)
    user = User(username=username, name=name or username, email=email, is_external=is_external, profile=profile or {})
    _make_administrator(user, is_superuser, staff_role)
    _set_password(user, password, by)
    _save(user)
    _record("person_created", f"{user.username} was created", by, user, administrator=is_superuser)
    return user


@transaction.atomic
def create_bot(*, username: str, name: str, email: str) -> User:
    """The user of a project or group access token: external, so that it sees nothing internal elsewhere, and without a
    password or a namespace of its own. Raises ValidationError by field."""
    bot = User(username=username, name=name[:255], email=email, is_external=True, is_bot=True)
    bot.set_unusable_password()
    _save(bot)
    return bot


@transaction.atomic
def update_person(user: User, *, by: User | None, **changes: Any) -> User:
    """`changes`: any of `_EDITABLE`. Only what really changes is written and told."""
    unknown = changes.keys() - _EDITABLE
    if unknown:
        raise TypeError(f"not changeable: {', '.join(sorted(unknown))}")
    real = {field: value for field, value in changes.items() if getattr(user, field) != value}
    if not real:
        return user
    _require_human(user)
    if real.get("is_superuser") is False:
        _require_other_administrator(user)
    require_visible(name=real.get("name", ""))
    before = {field: getattr(user, field) for field in real}
    for field, value in real.items():
        setattr(user, field, value)
    _make_administrator(user, user.is_superuser, user.staff_role)
    _save(user)
    what = ", ".join(sorted(real))
    _record("person_updated", f"{user.username}: changed {what}", by, user, before=before, after=real)
    return user


@transaction.atomic
def change_password(user: User, *, password: str | None, by: User | None) -> None:
    """Ends every session of the person; the caller's own goes on if it is told the new hash. Tokens stay.

    None: nobody signs in with a password until one is set.
    """
    _require_human(user)
    _set_password(user, password, by)
    user.save(update_fields=["password"])
    delete_sessions(list(UserSession.objects.filter(user_id=user.pk).values_list("session_key", flat=True)))
    _record("password_changed", f"The password of {user.username} was changed", by, user)


@transaction.atomic
def block_person(user: User, *, by: User | None) -> bool:
    """Nothing that acts as this person works from now on: sessions, tokens, jobs. False: they were blocked already."""
    if not user.is_active:
        return False
    if by is not None and by.pk == user.pk:
        raise ValidationError({"base": ["You cannot block yourself"]})
    _require_other_administrator(user)
    user.is_active = False
    user.save(update_fields=["is_active"])
    _record("person_blocked", f"{user.username} was blocked", by, user)
    return True


@transaction.atomic
def unblock_person(user: User, *, by: User | None) -> bool:
    """False: they were not blocked."""
    if user.is_active:
        return False
    _require_human(user)
    user.is_active = True
    user.save(update_fields=["is_active"])
    _record("person_unblocked", f"{user.username} was unblocked", by, user)
    return True


@transaction.atomic
def delete_person(user: User, *, by: User | None) -> None:
    """The person, their tokens and memberships go; what they made for others stays."""
    if by is not None and by.pk == user.pk:
        raise ValidationError({"base": ["You cannot delete yourself"]})
    _require_other_administrator(user)
    _record("person_deleted", f"{user.username} was deleted", by, user)
    user.delete()


def _save(user: User) -> None:
    taken = ValidationError({"username": ["has already been taken"]})
    if User.objects.filter(username__iexact=user.username).exclude(pk=user.pk).exists():
        raise taken
    user.full_clean(validate_constraints=False)
    try:
        with transaction.atomic():
            user.save()
    except IntegrityError:  # somebody took the name in this very moment
        raise taken from None


def _make_administrator(user: User, yes: bool, staff_role: str) -> None:
    user.is_superuser, user.staff_role = yes, staff_role
    user.is_staff = yes or bool(staff_role)  # who comes into the administration at all


def _set_password(user: User, password: str | None, by: User | None) -> None:
    """Too similar to the name is only what people choose for themselves: an administrator's script may have its ways
    (as in GitLab)."""
    if password is None:
        user.set_unusable_password()
        return
    is_own = by is None or by.pk == user.pk
    try:
        validate_password(password, user if is_own else None)
    except ValidationError as error:
        raise ValidationError({"password": error.messages}) from error
    user.set_password(password)


def _require_human(user: User) -> None:
    if user.is_bot:
        raise ValidationError({"base": ["The bot of an access token cannot be changed. Revoke the token instead"]})


def _require_other_administrator(user: User) -> None:
    """Somebody can always administer the instance."""
    if not (user.is_superuser and user.is_active):
        return
    # Locked, so that two administrators cannot take each other away at the same moment.
    administrators = list(User.objects.select_for_update().filter(is_superuser=True, is_active=True).order_by("pk"))
    if len(administrators) <= 1:
        raise ValidationError({"base": ["The last administrator stays"]})


def _record(event: str, message: str, by: User | None, user: User, **details: Any) -> None:
    audit.record(event, message, by=by, on=user, path=user.username, **details)


def was_administrator_lately(user: User) -> bool:
    """Or else who holds an administrator's token could take that away first, and with it what protects them. One
    statement."""
    since = timezone.now() - _LATELY
    events = AuditEvent.objects.filter(event="person_updated", target_type="user", target_id=user.pk, at__gte=since)
    return events.filter(details__before__is_superuser=True).exists()
