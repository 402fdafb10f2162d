from django.apps import AppConfig


class TokenAccessConfig(AppConfig):
    name = "tokenaccess"
    verbose_name = "Token Access"

    def ready(self) -> None:
        from projects.extensions.deletion_effects import DELETION_EFFECTS
        from tokenaccess.allowlist import project_settings  # it needs the models, which are only loaded by now
        from tokenaccess.allowlist.deletion import entries_effect

        DELETION_EFFECTS.append(entries_effect)
        project_settings.register()
