"""People and their tokens as JSON."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request

from config.rest import moment
from identity.models import PersonalToken, User


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


def public_user(user: User, request: Request) -> dict[str, Any]:
    """What a person's own page tells anyone signed in."""
    return {**basic_user(user, request), "created_at": moment(user.date_joined), "bot": False, "public_email": None}


def own_user(user: User, request: Request) -> dict[str, Any]:
    """What the person sees of themselves, and an administrator of anyone."""
    return {
        **public_user(user, request),
        "email": user.email,
        "commit_email": user.email,
        "external": user.is_external,
        "last_sign_in_at": moment(user.last_login),
        "current_sign_in_at": moment(user.last_login),
        "confirmed_at": moment(user.date_joined),
        "projects_limit": 100_000,
        "can_create_group": True,
        "can_create_project": True,
        "two_factor_enabled": False,
        "identities": [],
    }


def administered_user(user: User, request: Request) -> dict[str, Any]:
    """What only administrators see. Expects `namespace` to be at hand (select_related)."""
    namespace = getattr(user, "namespace", None)
    return {
        **own_user(user, request),
        "is_admin": user.is_superuser,
        "namespace_id": namespace.pk if namespace else None,
    }


def personal_token(token: PersonalToken, secret: str = "") -> dict[str, Any]:
    """tokens.md §6.1. `secret` is given once, by what makes or rotates the token."""
    shape = {
        "id": token.pk,
        "name": token.name,
        "description": token.description,
        "revoked": token.revoked,
        "created_at": moment(token.created_at),
        "scopes": token.scopes,
        "user_id": token.user_id,
        "last_used_at": moment(token.last_used_at),
        "active": token.active,
        "expires_at": token.expires_at.isoformat() if token.expires_at else None,
    }
    return {**shape, "token": secret} if secret else shape
