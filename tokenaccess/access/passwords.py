"""Passwords as the credentials of programs: git, and the container registry."""

from __future__ import annotations

from django.http import HttpRequest

from identity.credentials.request import Credential
from identity.credentials.resolve import BadCredential, Principal, refuse_password
from identity.credentials.resolve import resolve_password as resolve
from tokenaccess.models import InstanceSettings


def resolve_password(request: HttpRequest, credential: Credential) -> Principal:
    """Nobody's where the instance requires two factors. Raises BadCredential."""
    principal = resolve(request, credential)
    if InstanceSettings.current().require_two_factor:
        refuse_password(request, credential)
        raise BadCredential
    return principal
