from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from signing import views
from signing.discovery import KEYS_PATH

urlpatterns: list[URLPattern | URLResolver] = [
    path(".well-known/openid-configuration", views.configuration, name="openid_configuration"),
    path(KEYS_PATH.lstrip("/"), views.keys, name="id_token_keys"),
]
