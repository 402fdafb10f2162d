"""What an application may ask for (tokens.md §3, the column OAuth)."""

from __future__ import annotations

from typing import Any

from django.db import models
from oauth2_provider.scopes import BaseScopes

from identity.models import Scope


class OAuthScope(models.TextChoices):
    API = Scope.API.value, "Everything you may do over the API, packages, and Git read and write"
    READ_API = Scope.READ_API.value, "Read what you may read over the API, packages, and Git"
    READ_USER = Scope.READ_USER.value, "Read your own profile and other people's public one"
    READ_REPOSITORY = Scope.READ_REPOSITORY.value, "Clone and fetch over Git, read repository files"
    WRITE_REPOSITORY = Scope.WRITE_REPOSITORY.value, "Clone, fetch and push over Git"
    OPENID = "openid", "Know that it is you who signed in"
    PROFILE = "profile", "Know your name and username"
    EMAIL = "email", "Know your email address"


class Scopes(BaseScopes):
    """Tells the toolkit which scopes there are: an application has those that it was registered with."""

    def get_all_scopes(self) -> dict[str, str]:
        return {scope.value: str(scope.label) for scope in OAuthScope}

    def get_available_scopes(
        self, application: Any = None, request: Any = None, *args: Any, **kwargs: Any
    ) -> list[str]:
        return [] if application is None else list(application.scopes)

    def get_default_scopes(self, application: Any = None, request: Any = None, *args: Any, **kwargs: Any) -> list[str]:
        """Without a scope in the request: all that the application has, as its registration says."""
        return self.get_available_scopes(application)
