from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "jobs"
    verbose_name = "Build"

    def ready(self) -> None:
        from jobs import receivers  # noqa: F401  # connects itself; it needs the models, which are loaded by now
        from jobs.housekeeping import STEPS
        from jobs.id_tokens.claims import SUPPORTED
        from jobs.pipelines.deletion import pipelines_of, running_jobs_of
        from projects.extensions.deletion_effects import DELETION_EFFECTS
        from signing import discovery
        from signing.rotation import delete_ended

        DELETION_EFFECTS.extend((running_jobs_of, pipelines_of))
        discovery.PARTS.append(lambda: {"claims_supported": SUPPORTED})
        STEPS["signing keys deleted"] = lambda _now: delete_ended()
