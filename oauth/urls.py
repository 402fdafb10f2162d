"""OAuth and OpenID Connect for programs, and the pages about applications."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from oauth.views import applications, authorize, devices, tokens

_OWN, _INSTANCE = "-/user_settings/applications", "-/applications"

urlpatterns: list[URLPattern | URLResolver] = [
    path("oauth/authorize", authorize.authorize, name="oauth_authorize"),
    path("oauth/token", tokens.token, name="oauth_token"),
    path("oauth/token/info", tokens.info, name="oauth_token_info"),
    path("oauth/revoke", tokens.revoke, name="oauth_revoke"),
    path("oauth/introspect", tokens.introspect, name="oauth_introspect"),
    path("oauth/userinfo", tokens.user_info, name="oauth_user_info"),
    path("oauth/authorize_device", devices.authorize_device, name="oauth_authorize_device"),
    path("oauth/device", devices.device, name="oauth_device"),
    path(_OWN, applications.applications, name="account_applications"),
    path(f"{_OWN}/<int:application_id>", applications.application, name="account_application"),
    path(f"{_OWN}/<int:application_id>/renew", applications.renew, name="account_application_renew"),
    path(f"{_OWN}/<int:application_id>/delete", applications.delete, name="account_application_delete"),
    path(f"{_OWN}/<int:application_id>/revoke", applications.revoke, name="account_authorization_revoke"),
    path(_INSTANCE, applications.instance_applications, name="instance_applications"),
    path(f"{_INSTANCE}/<int:application_id>", applications.instance_application, name="instance_application"),
    path(f"{_INSTANCE}/<int:application_id>/renew", applications.instance_renew, name="instance_application_renew"),
    path(f"{_INSTANCE}/<int:application_id>/delete", applications.instance_delete, name="instance_application_delete"),
]
