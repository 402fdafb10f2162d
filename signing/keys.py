"""Makes keys, and keeps them encrypted. One algorithm for each purpose."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from cryptography.x509.oid import NameOID
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from identity.encryption import decrypt, encrypt
from signing.models import Purpose, SigningKey

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

ALGORITHMS = {Purpose.ID_TOKENS: "RS256", Purpose.REGISTRY: "ES256"}
_RSA_BITS = 2048
_CERTIFICATE_LIFETIME = timedelta(days=3650)
_CLOCK_SKEW = timedelta(days=1)
# The members of a public key that its thumbprint is made of (RFC 7638), in their order.
_THUMBPRINT = {"RSA": ("e", "kty", "n"), "EC": ("crv", "kty", "x", "y")}


@dataclass(frozen=True, slots=True)
class LoadedKey:
    """A key that is ready to sign. `certificate` is None where the purpose has none."""

    kid: str
    algorithm: str
    private: PrivateKey
    certificate: x509.Certificate | None

    @property
    def x5c(self) -> list[str]:
        """The certificate as a token's header carries it."""
        assert self.certificate is not None
        return [base64.b64encode(self.certificate.public_bytes(Encoding.DER)).decode()]


def make(purpose: Purpose) -> SigningKey:
    """A new key, not saved."""
    if purpose == Purpose.REGISTRY:
        private = ec.generate_private_key(ec.SECP256R1())
        return keep(purpose, private, _certify(private))
    return keep(purpose, rsa.generate_private_key(65537, _RSA_BITS))


def keep(purpose: Purpose, private: PrivateKey, certificate: x509.Certificate | None = None) -> SigningKey:
    """A key as it is stored, not saved."""
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    jwk = _public_jwk(private)
    kid = _thumbprint(jwk)
    return SigningKey(
        purpose=purpose,
        kid=kid,
        private=encrypt(pem),
        jwk={**jwk, "kid": kid, "use": "sig", "alg": ALGORITHMS[purpose]},
        certificate="" if certificate is None else certificate.public_bytes(Encoding.PEM).decode(),
    )


def load(row: SigningKey) -> LoadedKey:
    """Raises identity.encryption.DecryptionError."""
    private = load_pem_private_key(decrypt(row.private).encode(), None)
    assert isinstance(private, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey)
    certificate = x509.load_pem_x509_certificate(row.certificate.encode()) if row.certificate else None
    return LoadedKey(row.kid, ALGORITHMS[Purpose(row.purpose)], private, certificate)


def _public_jwk(private: PrivateKey) -> dict[str, Any]:
    if isinstance(private, rsa.RSAPrivateKey):
        jwk = RSAAlgorithm.to_jwk(private.public_key(), as_dict=True)
    else:
        jwk = ECAlgorithm.to_jwk(private.public_key(), as_dict=True)
    return {name: jwk[name] for name in _THUMBPRINT[jwk["kty"]]}


def _thumbprint(jwk: dict[str, Any]) -> str:
    text = json.dumps({name: jwk[name] for name in _THUMBPRINT[jwk["kty"]]}, separators=(",", ":"))
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")


def _certify(private: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Token Access")])
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCK_SKEW)
        .not_valid_after(now + _CERTIFICATE_LIFETIME)
        .sign(private, hashes.SHA256())
    )
