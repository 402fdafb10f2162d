"""The token server of the registry."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from resources.containers.views import token_server

urlpatterns: list[URLPattern | URLResolver] = [path("jwt/auth", token_server.token, name="registry_token")]
