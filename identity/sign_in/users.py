"""Who is signed in, for pages that do not go through the gate. A gated page asks `tokenaccess.adapters.pages`."""

from __future__ import annotations

from django.http import HttpRequest
from rest_framework.request import Request

from identity.models import User


def signed_in_user(request: HttpRequest | Request) -> User | None:
    """None for a visitor."""
    return request.user if isinstance(request.user, User) else None


def current_user(request: HttpRequest) -> User:
    """The user of a page that only signed-in users may open, such as those of the administration."""
    user = request.user
    assert isinstance(user, User)
    return user
