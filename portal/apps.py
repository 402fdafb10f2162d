from django.apps import AppConfig


class PortalConfig(AppConfig):
    """The furniture: shell, navigation, dashboard, error pages. It owns no models."""

    name = "portal"
