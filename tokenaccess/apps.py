from django.apps import AppConfig


class TokenAccessConfig(AppConfig):
    name = "tokenaccess"
    verbose_name = "Token Access"

    def ready(self) -> None:
        from jobs.housekeeping import STEPS
        from projects.extensions.deletion_effects import DELETION_EFFECTS
        from projects.extensions.moves import MOVE_EFFECTS, REASONS_TO_STAY
        from tokenaccess import receivers  # noqa: F401
        from tokenaccess.access.signals import job_refused
        from tokenaccess.access_log import daily
        from tokenaccess.access_log.buffer import record_refusal_of_job

        # These need the models, which are loaded by now.
        from tokenaccess.allowlist import project_settings
        from tokenaccess.allowlist.deletion import entries_effect
        from tokenaccess.allowlist.moves import move_effects, move_lock
        from tokenaccess.allowlist.reviews import fading
        from tokenaccess.explanation.details import KINDS
        from tokenaccess.explanation.ref_details import REF

        DELETION_EFFECTS.append(entries_effect)
        MOVE_EFFECTS.append(move_effects.effects_of_move)
        REASONS_TO_STAY.append(move_lock.reason_to_stay)
        KINDS.append(REF)
        STEPS["daily counts deleted"] = daily.delete_old
        STEPS["unused entries suspended"] = fading.suspend_unused
        job_refused.connect(record_refusal_of_job, dispatch_uid="access_log")
        project_settings.register()
