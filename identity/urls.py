"""Pages about oneself."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from identity.views import saml, sessions, single_sign_on, tokens, two_factor

_TWO_FACTOR = "-/user_settings/two_factor"

urlpatterns: list[URLPattern | URLResolver] = [
    path("users/sign_in", sessions.sign_in, name="sign_in"),
    path("users/sign_out", sessions.sign_out, name="sign_out"),
    path("-/user_settings/password", sessions.password, name="account_password"),
    path("-/user_settings/sessions", sessions.sessions, name="account_sessions"),
    path("-/user_settings/personal_access_tokens", tokens.tokens, name="account_tokens"),
    path("-/user_settings/personal_access_tokens/<int:token_id>/revoke", tokens.revoke, name="account_token_revoke"),
    path("users/auth", single_sign_on.begin, name="single_sign_on_begin"),
    path("users/auth/openid_connect/callback", single_sign_on.callback, name="single_sign_on_callback"),
    path("users/auth/saml/callback", saml.callback, name="saml_callback"),
    path("users/auth/saml/callback/finish", saml.finish, name="saml_finish"),
    path("users/auth/saml/metadata", saml.metadata, name="saml_metadata"),
    path("-/user_settings/single_sign_on/link", single_sign_on.link, name="single_sign_on_link"),
    path("-/user_settings/single_sign_on/<int:pk>/unlink", single_sign_on.unlink, name="single_sign_on_unlink"),
    # Under the names by which django-allauth refers to them.
    path("users/sign_in", sessions.sign_in, name="account_login"),
    path("users/sign_in/two_factor", two_factor.authenticate, name="mfa_authenticate"),
    path("-/user_settings/single_sign_on", single_sign_on.links, name="socialaccount_connections"),
    path(_TWO_FACTOR, two_factor.two_factor, name="mfa_index"),
    path(f"{_TWO_FACTOR}/app", two_factor.activate_totp, name="mfa_activate_totp"),
    path(f"{_TWO_FACTOR}/app/remove", two_factor.deactivate_totp, name="mfa_deactivate_totp"),
    path(f"{_TWO_FACTOR}/passkeys/add", two_factor.add_passkey, name="mfa_add_webauthn"),
    path(f"{_TWO_FACTOR}/passkeys/<int:pk>/remove", two_factor.remove_passkey, name="mfa_remove_webauthn"),
    path(f"{_TWO_FACTOR}/recovery_codes", two_factor.recovery_codes, name="mfa_view_recovery_codes"),
    path(f"{_TWO_FACTOR}/recovery_codes/new", two_factor.new_recovery_codes, name="mfa_generate_recovery_codes"),
]
