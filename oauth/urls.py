"""OAuth and OpenID Connect for programs, and the pages about applications."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from oauth.views import authorize, tokens

urlpatterns: list[URLPattern | URLResolver] = [
    path("oauth/authorize", authorize.authorize, name="oauth_authorize"),
    path("oauth/token", tokens.token, name="oauth_token"),
    path("oauth/revoke", tokens.revoke, name="oauth_revoke"),
    path("oauth/userinfo", tokens.user_info, name="oauth_user_info"),
]
