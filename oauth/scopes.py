"""What an application may ask for (tokens.md §3, the column OAuth)."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _
from oauth2_provider.scopes import BaseScopes

from identity.models import Scope


class OAuthScope(models.TextChoices):
    API = Scope.API.value, _("Everything you may do over the API, packages, and Git read and write")
    READ_API = Scope.READ_API.value, _("Read what you may read over the API, packages, and Git")
    READ_USER = Scope.READ_USER.value, _("Read your own profile and other people's public one")
    READ_REPOSITORY = Scope.READ_REPOSITORY.value, _("Clone and fetch over Git, read repository files")
    WRITE_REPOSITORY = Scope.WRITE_REPOSITORY.value, _("Clone, fetch and push over Git")
    OPENID = "openid", _("Know that it is you who signed in")
    PROFILE = "profile", _("Know your name and username")
    EMAIL = "email", _("Know your email address")


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
