from django.apps import AppConfig


class HooksConfig(AppConfig):
    name = "hooks"
    verbose_name = "Webhooks"

    def ready(self) -> None:
        from hooks import receivers  # noqa: F401
        from hooks.deletion import hooks_of
        from hooks.delivery.log import forget_old_deliveries
        from jobs.housekeeping import STEPS
        from projects.extensions.deletion_effects import DELETION_EFFECTS

        DELETION_EFFECTS.append(hooks_of)
        STEPS["webhook events forgotten"] = forget_old_deliveries
