from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "jobs"
    verbose_name = "Build"

    def ready(self) -> None:
        from jobs import hooks, queue_version
        from jobs.services import start_for_push
        from jobs.services.auto_stop import stop_for_branch
        from jobs.services.bridges import cancel_downstream, follow, start_downstream
        from jobs.services.redundant import cancel_rest
        from jobs.services.resources import hand_over
        from projects.events import ON_CHANGE, ON_PUSH

        ON_PUSH.append(start_for_push)
        ON_PUSH.append(stop_for_branch)
        ON_CHANGE.append(queue_version.project_changed)
        hooks.ON_BRIDGE.append(start_downstream)
        hooks.ON_BRIDGE_CANCELED.append(cancel_downstream)
        hooks.ON_DOWNSTREAM.append(follow)
        hooks.ON_HOPELESS.append(cancel_rest)
        hooks.ON_RESOURCE.append(hand_over)
