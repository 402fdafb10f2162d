from django.apps import AppConfig


class ReleasesConfig(AppConfig):
    name = "resources.releases"
    label = "releases"

    def ready(self) -> None:
        from projects.extensions.deletion_effects import DELETION_EFFECTS
        from resources.releases.deletion import releases_of

        DELETION_EFFECTS.append(releases_of)
