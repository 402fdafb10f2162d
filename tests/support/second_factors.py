"""An authenticator app and a passkey, as the tests have them."""

from __future__ import annotations

import hashlib
import json
import time

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from django.core.cache import cache
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData

from identity.models import User

_TOUCHED = AuthenticatorData.FLAG.UP | AuthenticatorData.FLAG.UV  # by its owner
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def code(secret: str = SECRET, *, later: int = 0) -> str:
    """What the app shows; `later`: so many half minutes on."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + later))


def enable_two_factor(user: User) -> list[str]:
    """With SECRET; the recovery codes."""
    cache.clear()  # which codes were used: of an earlier test's person with the same number, too
    TOTP.activate(user, SECRET)
    return RecoveryCodes.activate(user).get_unused_codes()


class Passkey:
    """A device of a browser that is at `https://tokens.example.com`."""

    id = b"\1" * 16
    host = "tokens.example.com"

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())

    def enable_for(self, user: User) -> None:
        Authenticator.objects.create(user=user, type="webauthn", data={"name": "a key", "credential": self._make()})

    def answer(self, challenge: str, *, signed: bool = True) -> str:
        client_data = self._client_data("webauthn.get", challenge)
        known = AuthenticatorData.create(hashlib.sha256(self.host.encode()).digest(), _TOUCHED, 1)
        to_sign = bytes(known) + hashlib.sha256(client_data).digest()
        signature = self.key.sign(to_sign if signed else b"something else", ec.ECDSA(hashes.SHA256()))
        return json.dumps(
            self._credential(clientDataJSON=client_data, authenticatorData=bytes(known), signature=signature)
        )

    def _make(self) -> dict[str, object]:
        public = ES256.from_cryptography_key(self.key.public_key())
        credential = AttestedCredentialData.create(b"\0" * 16, self.id, public)
        known = AuthenticatorData.create(
            hashlib.sha256(self.host.encode()).digest(),
            _TOUCHED | AuthenticatorData.FLAG.AT,
            0,
            credential,
        )
        attestation = bytes(AttestationObject.create("none", known, {}))
        return self._credential(
            clientDataJSON=self._client_data("webauthn.create", "AAAA"), attestationObject=attestation
        )

    def _client_data(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": f"https://{self.host}"}).encode()

    def _credential(self, **response: bytes) -> dict[str, object]:
        answer = {name: websafe_encode(value) for name, value in response.items()}
        id = websafe_encode(self.id)
        return {"id": id, "rawId": id, "type": "public-key", "response": answer, "clientExtensionResults": {}}
