from django.apps import AppConfig


class SecureFilesConfig(AppConfig):
    name = "resources.secure_files"
    label = "secure_files"
    verbose_name = "Secure files"

    def ready(self) -> None:
        from projects.extensions.deletion_effects import DELETION_EFFECTS
        from resources.secure_files.deletion import secure_files_of

        DELETION_EFFECTS.append(secure_files_of)
