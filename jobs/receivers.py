"""Connects signals to the services that act on them. JobsConfig.ready imports this module."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.dispatch import receiver

from identity.models import User
from jobs import signals
from jobs.environments.auto_stop import stop_for_branch
from jobs.pipelines.auto_cancel import cancel_on_job_failure
from jobs.pipelines.bridges import cancel_downstream, start_downstream, update_bridge
from jobs.pipelines.pushes import start_pipelines
from jobs.pipelines.resource_groups import grant_next
from jobs.runners.queue.version import bump_for_project_change
from projects.extensions.events import Push, project_changed, push_received, ref_updated
from projects.models import Project


@receiver(push_received)
def on_push(*, push: Push, **_kwargs: Any) -> None:
    start_pipelines(push)


@receiver(ref_updated)
def stop_environments(*, project: Project, ref: str, old: str, new: str, user: User, **_kwargs: Any) -> None:
    stop_for_branch(project=project, ref=ref, old=old, new=new, user=user)


@receiver(project_changed)
def bump_queue_version(*, fields: Collection[str], **_kwargs: Any) -> None:
    bump_for_project_change(fields)


@receiver(signals.bridge_ready)
def on_bridge_ready(*, job_id: int, **_kwargs: Any) -> None:
    start_downstream(job_id)


@receiver(signals.bridge_canceled)
def on_bridge_canceled(*, job_id: int, **_kwargs: Any) -> None:
    cancel_downstream(job_id)


@receiver(signals.downstream_changed)
def on_downstream_changed(*, pipeline_id: int, **_kwargs: Any) -> None:
    update_bridge(pipeline_id)


@receiver(signals.job_failed_fatally)
def on_job_failed_fatally(*, pipeline_id: int, **_kwargs: Any) -> None:
    cancel_on_job_failure(pipeline_id)


@receiver(signals.resource_released)
def on_resource_released(*, project_id: int, name: str, **_kwargs: Any) -> None:
    grant_next(project_id, name)
