"""Applications and what people let them do, in the administration."""

from __future__ import annotations

from django.contrib import admin

from oauth.models import AccessToken, Application, DeviceGrant, Grant, RefreshToken

# The toolkit registers pages of its own, which show and change too much.
for model in (AccessToken, Application, DeviceGrant, Grant, RefreshToken):
    if admin.site.is_registered(model):
        admin.site.unregister(model)
