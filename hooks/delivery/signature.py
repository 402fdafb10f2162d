"""The signature of a delivery by the Standard Webhooks specification (symmetric, `v1`)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac

PREFIX = "whsec_"
KEY_BYTES = 32


def signing_key(token: str) -> bytes | None:
    """The key in `whsec_…`; None if it is not one of 32 bytes in base64."""
    if not token.startswith(PREFIX):
        return None
    try:
        key = base64.b64decode(token.removeprefix(PREFIX), validate=True)
    except (ValueError, binascii.Error):
        return None
    return key if len(key) == KEY_BYTES else None


def signature_headers(token: str, message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """`timestamp`: seconds since the epoch, which the receiver holds against its clock."""
    key = signing_key(token)
    if key is None:
        return {}
    signed = f"{message_id}.{timestamp}.".encode() + body
    digest = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return {"webhook-id": message_id, "webhook-timestamp": str(timestamp), "webhook-signature": f"v1,{digest}"}
