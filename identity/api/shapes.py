"""People as JSON."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request

from identity.models import User


def basic_user(user: User, request: Request) -> dict[str, Any]:
    """What anyone signed in may know of a person, in the keys of every list of people."""
    return {
        "id": user.pk,
        "username": user.username,
        "name": user.get_full_name(),
        "state": user.state,
        "locked": False,
        "avatar_url": None,
        "web_url": request.build_absolute_uri(f"/{user.username}"),
    }
