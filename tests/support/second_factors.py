"""An authenticator app, as the tests have it."""

from __future__ import annotations

import time

from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value

from identity.models import User

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def code(secret: str = SECRET, *, later: int = 0) -> str:
    """What the app shows; `later`: so many half minutes on."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + later))


def enable_two_factor(user: User) -> list[str]:
    """With SECRET; the recovery codes."""
    TOTP.activate(user, SECRET)
    return RecoveryCodes.activate(user).get_unused_codes()
