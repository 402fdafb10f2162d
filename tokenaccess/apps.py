from django.apps import AppConfig


class TokenAccessConfig(AppConfig):
    name = "tokenaccess"
    verbose_name = "Token Access"

    def ready(self) -> None:
        from jobs import hooks
        from tokenaccess import extras, finding, refs  # they need the models, which are only loaded by now
        from tokenaccess.models import InstanceSettings

        extras.register()
        hooks.decide_with(refs.person_may)
        hooks.find_with(finding.project_for)
        hooks.keep_no_latest_if(lambda: InstanceSettings.objects.filter(keep_latest_artifact=False))
