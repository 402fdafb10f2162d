"""Which key signs, which come next, and which are still published.

The next key is published before it signs, and a former one until the last token that it signed has ended: whoever
reads the published keys at least every `PUBLICATION` never meets a token of a key they do not know.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext

from audit import services as audit
from identity.models import User
from signing.keys import LoadedKey, load, make
from signing.models import Purpose, SigningKey

PUBLICATION = timedelta(hours=1)
# Clocks differ, and a token may be signed while the rotation goes on.
_MARGIN = timedelta(minutes=10)
# By key id. Loading a key costs more than signing with it.
_loaded: dict[str, LoadedKey] = {}
_noted: dict[str, datetime] = {}


class TooEarly(Exception):
    """The next key has not been published for long enough; the text says since when it has."""


def ensure_keys(purpose: Purpose) -> None:
    """Makes the current and the next key where they are missing. Of two processes at once one makes them."""
    for signs in (True, False):
        keys = SigningKey.objects.filter(purpose=purpose)
        if (keys.current() if signs else keys.next()).exists():
            continue
        row = make(purpose)
        row.signs_from = timezone.now() if signs else None
        try:
            with transaction.atomic():
                row.save()
        except IntegrityError:
            pass  # another process was faster


def current_key(purpose: Purpose) -> LoadedKey:
    """As the database has it now: another process may have rotated it. One query once it is loaded.

    Raises identity.encryption.DecryptionError.
    """
    kids = SigningKey.objects.filter(purpose=purpose).current().values_list("kid", flat=True)
    kid = kids.first()
    if kid is None:
        ensure_keys(purpose)
        kid = kids.get()
    known = _loaded.get(kid)
    if known is None:
        known = _loaded[kid] = load(SigningKey.objects.get(kid=kid))
    return known


def next_key(purpose: Purpose) -> LoadedKey:
    """Raises as `current_key`."""
    ensure_keys(purpose)
    return load(SigningKey.objects.filter(purpose=purpose).next().get())


def published_keys(purpose: Purpose) -> list[SigningKey]:
    """Those that verifiers should know, the one that signs first. Without their private parts."""
    ensure_keys(purpose)
    rows = SigningKey.objects.filter(purpose=purpose).published(timezone.now()).defer("private")
    return sorted(rows, key=lambda row: (row.state != "current", row.state == "former", -row.pk))


def sign(purpose: Purpose, claims: dict[str, Any], *, key: LoadedKey | None = None) -> str:
    """A JWT of these claims, among them `exp`. One query, or two where the key now signs for longer than before.

    `key`: another than the current one. Raises as `current_key`.
    """
    key = key or current_key(purpose)
    headers = {"kid": key.kid} if key.certificate is None else {"x5c": key.x5c}
    token = jwt.encode(claims, key.private, algorithm=key.algorithm, headers=headers)
    record_use(key, datetime.fromtimestamp(claims["exp"], tz=UTC))
    return token


def record_use(key: LoadedKey, until: datetime) -> None:
    """A token of this key lives so long. Stored by the hour, so that hardly any token means writing. What is not
    published any longer stays so, also when a signature was under way while its key was withdrawn."""
    known = _noted.get(key.kid)
    if known is not None and known >= until:
        return
    hour = until.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    rows = SigningKey.objects.published(timezone.now()).filter(kid=key.kid)
    rows.filter(Q(signs_until=None) | Q(signs_until__lt=hour)).update(signs_until=hour)
    transaction.on_commit(lambda: _noted.update({key.kid: hour}))


@transaction.atomic
def rotate(purpose: Purpose, *, by: User | None = None, at_once: bool = False) -> SigningKey:
    """The next key signs from now on, and a new next one is published. Returns the former.

    Raises TooEarly, unless `at_once`: verifiers that have not read the keys lately then refuse the new tokens.
    """
    ensure_keys(purpose)
    now = timezone.now()
    held = {row.state: row for row in SigningKey.objects.select_for_update().filter(purpose=purpose, retired_at=None)}
    former, following = held["current"], held["next"]
    if not at_once and now - following.created_at < PUBLICATION:
        since = f"{following.created_at:%Y-%m-%d %H:%M} UTC"
        text = gettext("The next key is published since %(since)s only; verifiers may not know it yet.")
        raise TooEarly(text % {"since": since})
    former.retired_at = now
    former.signs_until = max(former.signs_until or now, now) + _MARGIN
    former.save(update_fields=["retired_at", "signs_until"])
    following.signs_from = now
    following.save(update_fields=["signs_from"])
    make(purpose).save()
    label = Purpose(purpose).label
    audit.record("signing_key_rotated", f"{label}: another key signs", by=by, on=following, path=following.kid)
    return former


@transaction.atomic
def withdraw(key: SigningKey, *, by: User | None = None) -> None:
    """A former key is not published any longer: nobody accepts what it signed."""
    assert key.retired_at is not None
    SigningKey.objects.filter(pk=key.pk).update(signs_until=timezone.now())
    label = key.get_purpose_display()
    audit.record("signing_key_withdrawn", f"{label}: a former key was withdrawn", by=by, on=key, path=key.kid)


def delete_ended() -> int:
    """Former keys of which every token has ended."""
    deleted, _ = SigningKey.objects.former().filter(signs_until__lt=timezone.now()).delete()
    return deleted
