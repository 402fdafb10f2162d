from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "jobs"

    def ready(self) -> None:
        from jobs.services import start_for_push
        from projects.events import ON_PUSH

        ON_PUSH.append(start_for_push)
