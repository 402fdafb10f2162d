"""SAML 2.0 with python3-saml: the request that people are sent with, and the response that they come back with.

What a response says counts if its assertion is signed by the provider's certificate, is for this server and now, and
answers a request of the same browser that no other response has answered. Everything that counts stands in what is
signed.
"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from allauth.socialaccount.providers.saml.provider import SAMLProvider
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

MAX_RESPONSE = 256 * 1024  # bytes, in base 64
MAX_SUBJECT = 191  # of SocialAccount.uid
_TRANSIENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"
_UNSPECIFIED = "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified"
_ALGORITHM = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
_DIGEST = "http://www.w3.org/2001/04/xmlenc#sha256"
_POST = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
_REDIRECT = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
_CLAIMS = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/"
# What providers call it, the first that is there counts.
ATTRIBUTES = {
    "uid": ("urn:oasis:names:tc:SAML:attribute:subject-id",),
    "username": ("username", "nickname", "urn:oid:0.9.2342.19200300.100.1.1", "http://schemas.auth0.com/nickname"),
    "name": ("name", "displayName", "urn:oid:2.16.840.1.113730.3.1.241", f"{_CLAIMS}name"),
    "email": ("email", "mail", "urn:oid:0.9.2342.19200300.100.1.3", f"{_CLAIMS}emailaddress"),
    "email_verified": ("email_verified", "http://schemas.auth0.com/email_verified"),
}


class SAMLError(ValueError):
    """A response that does not count."""


class Assertion(NamedTuple):
    """`request_id`: of the request that it answers."""

    subject: str
    subject_format: str
    request_id: str
    attributes: dict[str, list[str]]

    # As allauth asks for them.

    def get_attributes(self) -> dict[str, list[str]]:
        return self.attributes

    def get_nameid(self) -> str:
        return self.subject

    def get_nameid_format(self) -> str:
        return self.subject_format


class Provider(SAMLProvider):
    def redirect(
        self, request: HttpRequest, process: str, next_url: str | None = None, data: Any = None, **kwargs: Any
    ) -> HttpResponse:
        from onelogin.saml2.auth import OneLogin_Saml2_Auth

        auth = OneLogin_Saml2_Auth(_request_data(""), old_settings=_settings())
        address = auth.login(return_to="")
        self.stash_redirect_state(request, process, next_url, data, state_id=auth.get_last_request_id(), **kwargs)
        return HttpResponseRedirect(address)

    def extract_uid(self, data: Assertion) -> str:
        """A subject that is another one each time is nobody."""
        uid = str(super().extract_uid(data))
        if uid == data.subject and data.subject_format == _TRANSIENT:
            raise SAMLError("The subject is transient, and there is no subject-id.")
        if len(uid) > MAX_SUBJECT:
            raise SAMLError("The subject is too long.")
        return uid


def read_response(encoded: str) -> Assertion:
    """Raises SAMLError; whatever is wrong with a response, nothing of it counts."""
    from onelogin.saml2.errors import OneLogin_Saml2_Error, OneLogin_Saml2_ValidationError
    from onelogin.saml2.response import OneLogin_Saml2_Response

    if not 0 < len(encoded) <= MAX_RESPONSE:
        raise SAMLError("There is no response, or it is too long.")
    try:
        response = OneLogin_Saml2_Response(_settings(), encoded)
        response.is_valid(_request_data(encoded), raise_exceptions=True)
        confirmation = response._query_assertion("/saml:Subject/saml:SubjectConfirmation/saml:SubjectConfirmationData")
        found = {(each.get("InResponseTo"), each.get("Recipient")) for each in confirmation}
        # The library takes an assertion that names no audience, recipient or request. Then it could be for anybody.
        if not response.get_audiences() or len(found) != 1:
            raise SAMLError("The assertion does not say whom it is for.")
        request_id, recipient = found.pop()
        if not request_id or recipient != callback_url():
            raise SAMLError("The assertion answers no request of this server.")
        return Assertion(
            response.get_nameid() or "", response.get_nameid_format() or "", request_id, response.get_attributes()
        )
    except SAMLError:
        raise
    except (OneLogin_Saml2_Error, OneLogin_Saml2_ValidationError) as error:
        raise SAMLError(str(error)) from error
    except Exception as error:  # XML, base 64, times: the library lets the errors of others through
        raise SAMLError("It cannot be read.") from error


def metadata() -> bytes:
    """What providers read to know this server."""
    document: str | bytes = _settings().get_sp_metadata()
    return document if isinstance(document, bytes) else document.encode()


def callback_url() -> str:
    return settings.EXTERNAL_URL + reverse("saml_callback")


def metadata_url() -> str:
    """Also the name by which the provider knows this server (entity ID, audience)."""
    return settings.EXTERNAL_URL + reverse("saml_metadata")


def _request_data(encoded: str) -> dict[str, Any]:
    """The callback as people reach it, whatever this process is reached by."""
    parts = urlsplit(callback_url())
    return {
        "https": "on" if parts.scheme == "https" else "off",
        "http_host": parts.netloc,
        "script_name": parts.path,
        "get_data": {},
        "post_data": {"SAMLResponse": encoded} if encoded else {},
    }


def _settings() -> Any:
    known = settings.SAML_ENTITY_ID, settings.SAML_SIGN_IN_URL, tuple(settings.SAML_CERTIFICATES)
    return _build_settings(*known, callback_url(), metadata_url())


@cache
def _build_settings(entity_id: str, sign_in_url: str, certificates: tuple[str, ...], callback: str, name: str) -> Any:
    """Loaded when first used: the XML libraries take memory that no other installation needs."""
    from onelogin.saml2.settings import OneLogin_Saml2_Settings

    return OneLogin_Saml2_Settings(
        {
            "strict": True,
            "idp": {
                "entityId": entity_id,
                "singleSignOnService": {"url": sign_in_url, "binding": _REDIRECT},
                "x509certMulti": {"signing": list(certificates)},
            },
            "sp": {
                "entityId": name,
                "assertionConsumerService": {"url": callback, "binding": _POST},
                "NameIDFormat": _UNSPECIFIED,
            },
            "security": {
                "wantAssertionsSigned": True,
                "wantNameId": True,
                "wantAttributeStatement": False,
                "rejectDeprecatedAlgorithm": True,
                "requestedAuthnContext": False,
                "allowSingleLabelDomains": True,
                "allowRepeatAttributeName": True,
                "signatureAlgorithm": _ALGORITHM,
                "digestAlgorithm": _DIGEST,
            },
        }
    )
