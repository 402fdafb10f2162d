from django.apps import AppConfig


class TokenAccessConfig(AppConfig):
    name = "tokenaccess"
    verbose_name = "Token Access"

    def ready(self) -> None:
        from jobs import hooks
        from tokenaccess import extras, gate  # they need the models, which are only loaded by now
        from tokenaccess.models import InstanceSettings

        extras.register()
        hooks.decide_with(gate.person_may)
        hooks.keep_no_latest_if(lambda: InstanceSettings.objects.filter(keep_latest_artifact=False))
