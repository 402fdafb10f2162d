"""Pages about oneself."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from identity.views import sessions, tokens

urlpatterns: list[URLPattern | URLResolver] = [
    path("users/sign_in", sessions.sign_in, name="sign_in"),
    path("users/sign_out", sessions.sign_out, name="sign_out"),
    path("-/user_settings/password", sessions.password, name="account_password"),
    path("-/user_settings/personal_access_tokens", tokens.tokens, name="account_tokens"),
    path("-/user_settings/personal_access_tokens/<int:token_id>/revoke", tokens.revoke, name="account_token_revoke"),
]
