"""A SAML identity provider in this process: it reads requests as one would, and signs what it says of who signs in."""

from __future__ import annotations

import base64
import zlib
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from defusedxml.ElementTree import fromstring
from onelogin.saml2.utils import OneLogin_Saml2_Utils

ENTITY_ID = "https://idp.example.com/saml"
SIGN_IN_URL = "https://idp.example.com/saml/sign_in"
CALLBACK = "http://testserver/users/auth/saml/callback"
AUDIENCE = "http://testserver/users/auth/saml/metadata"
PERSISTENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
_RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
_SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"


def make_key() -> tuple[str, str]:
    """A private key and its certificate, in PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "idp.example.com")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(now - timedelta(1)).not_valid_after(now + timedelta(1))
    certificate = builder.sign(key, hashes.SHA256())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return pem, certificate.public_bytes(Encoding.PEM).decode()


KEY, CERTIFICATE = make_key()


def bare(certificate: str) -> str:
    return "".join(certificate.strip().splitlines()[1:-1])


class SAMLProvider:
    """What `sign_in` says is signed by `key`, with its certificate; the tests make it say wrong things."""

    def __init__(self) -> None:
        self.key, self.certificate = KEY, CERTIFICATE
        self.algorithm, self.digest = _RSA_SHA256, _SHA256

    def read_request(self, address: str) -> str:
        """The id of the request that a browser brings."""
        assert address.startswith(f"{SIGN_IN_URL}?")
        packed = parse_qs(urlsplit(address).query)["SAMLRequest"][0]
        request = fromstring(zlib.decompress(base64.b64decode(packed), -15))
        assert request.get("AssertionConsumerServiceURL") == CALLBACK
        assert request.findtext("{urn:oasis:names:tc:SAML:2.0:assertion}Issuer") == AUDIENCE
        return str(request.get("ID"))

    def sign_in(self, address: str, **changes: Any) -> str:
        """Somebody does: the field SAMLResponse of the form that their browser posts to the callback."""
        return self.respond(self.read_request(address), **changes)

    def respond(self, request_id: str, **changes: Any) -> str:
        assertion = self.assertion(request_id, **changes)
        signed = assertion
        if changes.get("signed", True):
            signed = OneLogin_Saml2_Utils.add_sign(
                assertion, self.key, self.certificate, sign_algorithm=self.algorithm, digest_algorithm=self.digest
            ).decode()
        signed = changes.get("tamper", lambda text: text)(signed)
        response = f"""<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="_r" Version="2.0"
            IssueInstant="{_time(0)}" Destination="{changes.get("destination", CALLBACK)}"
            InResponseTo="{changes.get("outer_request_id", request_id)}">
            <saml:Issuer xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">{ENTITY_ID}</saml:Issuer>
            <samlp:Status>
            <samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:{changes.get("status", "Success")}"/>
            </samlp:Status>{signed}</samlp:Response>"""
        return base64.b64encode(response.encode()).decode()

    def assertion(self, request_id: str, **changes: Any) -> str:
        attributes = "".join(
            f'<saml:Attribute Name="{name}"><saml:AttributeValue>{value}</saml:AttributeValue></saml:Attribute>'
            for name, value in changes.get("attributes", {}).items()
        )
        audience = changes.get("audience", AUDIENCE)
        restriction = f"<saml:AudienceRestriction><saml:Audience>{audience}</saml:Audience></saml:AudienceRestriction>"
        answered = f'InResponseTo="{request_id}"' if changes.get("names_request", True) else ""
        return f"""<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_a" Version="2.0"
            IssueInstant="{_time(0)}"><saml:Issuer>{changes.get("issuer", ENTITY_ID)}</saml:Issuer><saml:Subject>
            <saml:NameID Format="{changes.get("format", PERSISTENT)}"
            >{changes.get("subject", "subject-1")}</saml:NameID>
            <saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData
            {answered} NotOnOrAfter="{_time(changes.get("ends_in", 60))}"
            Recipient="{changes.get("recipient", CALLBACK)}"/></saml:SubjectConfirmation></saml:Subject>
            <saml:Conditions NotBefore="{_time(changes.get("begins_in", -60))}"
            NotOnOrAfter="{_time(changes.get("ends_in", 60))}">{restriction if audience else ""}</saml:Conditions>
            <saml:AuthnStatement AuthnInstant="{_time(0)}"><saml:AuthnContext><saml:AuthnContextClassRef>
            urn:oasis:names:tc:SAML:2.0:ac:classes:Password</saml:AuthnContextClassRef></saml:AuthnContext>
            </saml:AuthnStatement>{attributes and f"<saml:AttributeStatement>{attributes}</saml:AttributeStatement>"}
            </saml:Assertion>"""


def _time(seconds: int) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")
