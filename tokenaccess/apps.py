from django.apps import AppConfig


class TokenAccessConfig(AppConfig):
    name = "tokenaccess"
    verbose_name = "Token Access"

    def ready(self) -> None:
        from tokenaccess import extras  # it needs the models, which are only loaded by now

        extras.register()
