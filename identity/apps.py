from django.apps import AppConfig


class IdentityConfig(AppConfig):
    name = "identity"
    verbose_name = "People"

    def ready(self) -> None:
        from identity.sign_in import receivers  # noqa: F401
