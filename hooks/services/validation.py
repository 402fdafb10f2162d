"""What a webhook may be: its address, its secrets, its filter."""

from __future__ import annotations

import re
from typing import Any

import re2
from django.core.exceptions import ValidationError

from hooks.delivery.signature import signing_key
from hooks.delivery.template import MASK, VARIABLE, fill_in
from hooks.models import MAX_URL, FilterStrategy, Hook
from text.urls import is_url

MAX_SECRETS = 20  # custom headers, and as many variables, of one webhook
MAX_VALUE = 2048
HEADER_NAME = re.compile(r"[A-Za-z]+[0-9]*(?:[._-][A-Za-z0-9]+)*")
VARIABLE_NAME = re.compile(r"[A-Za-z0-9_.-]{1,255}")
# What the request itself is made of.
RESERVED_HEADERS = re.compile(
    r"(?i:accept-encoding|connection|content-(?:length|encoding|type)|host|idempotency-key|transfer-encoding|te|trailer"
    r"|upgrade|x-gitlab-.*|webhook-.*)"
)


def require_valid(hook: Hook, secrets: dict[str, Any]) -> None:
    """With these secrets, as Hook.secrets has them. Raises ValidationError by field of the API."""
    errors = {
        "url": _url_error(secrets.get("url", ""), secrets.get("variables", {})),
        "token": "is invalid" if not _is_header_value(secrets.get("token", "")) else "",
        "signing_token": "must be whsec_ and 32 bytes in base64"
        if secrets.get("signing_token") and signing_key(secrets["signing_token"]) is None
        else "",
        "custom_headers": _headers_error(secrets.get("headers", {})),
        "url_variables": _variables_error(secrets.get("variables", {})),
        "push_events_branch_filter": _filter_error(hook),
    }
    if any(errors.values()):
        raise ValidationError({name: [text] for name, text in errors.items() if text})


def _url_error(url: str, variables: dict[str, str]) -> str:
    """What is wrong with an address of a receiver; "" if nothing is."""
    if not url.strip():
        return "can't be blank"
    if MASK in url:
        return "must have its user and password in place of asterisks"
    missing = [name for name in VARIABLE.findall(url) if name not in variables]
    if missing:
        return f"Invalid URL template. Missing keys: {', '.join(missing)}"[:500]
    whole = fill_in(url, variables)
    fits = whole.isascii() and len(whole) <= MAX_URL
    return "" if fits and is_url(whole, {"http", "https"}) else "must be a valid URL"


def _headers_error(headers: dict[str, str]) -> str:
    if len(headers) > MAX_SECRETS:
        return f"has more than {MAX_SECRETS} entries"
    for name, value in headers.items():
        if not HEADER_NAME.fullmatch(name) or len(name) > 255:
            return "has a name that is invalid"
        if RESERVED_HEADERS.fullmatch(name):
            return f"cannot set {name}"
        if not value or not _is_header_value(value):
            return f"has an invalid value of {name}"
    return ""


def _variables_error(variables: dict[str, str]) -> str:
    if len(variables) > MAX_SECRETS:
        return f"has more than {MAX_SECRETS} entries"
    for name, value in variables.items():
        if not VARIABLE_NAME.fullmatch(name):
            return "has a key that is invalid"
        if not value or not value.isascii() or not value.isprintable() or len(value) > MAX_VALUE:
            return f"has an invalid value of {name}"
    return ""


def _is_header_value(value: str) -> bool:
    return value.isascii() and value.isprintable() and len(value) <= MAX_VALUE


def _filter_error(hook: Hook) -> str:
    if hook.filter_strategy == FilterStrategy.REGEX and hook.branch_filter:
        try:
            re2.compile(hook.branch_filter)
        except re2.error:
            return "must be a valid RE2 regular expression"
    return ""
