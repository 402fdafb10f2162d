from django.apps import AppConfig


class ContainersConfig(AppConfig):
    name = "resources.containers"
    label = "containers"
    verbose_name = "Container registry"

    def ready(self) -> None:
        from jobs.housekeeping import STEPS
        from projects.extensions.deletion_effects import DELETION_EFFECTS
        from projects.extensions.fixed_paths import FIXED_PATHS
        from resources.containers import cleanup
        from resources.containers.deletion import IMAGES_STAY, repositories_of

        STEPS["container repositories deleted or cleaned up"] = lambda _now: cleanup.run_due()
        DELETION_EFFECTS.append(repositories_of)
        FIXED_PATHS.append(IMAGES_STAY)
