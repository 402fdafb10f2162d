from django.apps import AppConfig


class ContainersConfig(AppConfig):
    name = "resources.containers"
    label = "containers"
    verbose_name = "Container registry"

    def ready(self) -> None:
        from jobs.housekeeping import STEPS
        from projects.extensions.deletion_effects import DELETION_EFFECTS
        from resources.containers import cleanup
        from resources.containers.deletion import repositories_of

        STEPS["container repositories deleted or cleaned up"] = lambda _now: cleanup.run_due()
        DELETION_EFFECTS.append(repositories_of)
