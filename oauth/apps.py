from django.apps import AppConfig


class OAuthConfig(AppConfig):
    name = "oauth"
    verbose_name = "OAuth"

    def ready(self) -> None:
        from jobs.housekeeping import STEPS
        from oauth.protocol.discovery import endpoints
        from oauth.services.tokens import delete_ended
        from signing import discovery

        discovery.PARTS.append(endpoints)
        STEPS["OAuth tokens deleted"] = delete_ended
