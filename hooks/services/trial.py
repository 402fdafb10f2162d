"""Tries a webhook out with what would be sent of its project today, and sends events again. At once, not later."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_noop as _

from hooks.delivery.sender import send
from hooks.events import EVENTS_OF, Event
from hooks.models import Delivery, Hook
from hooks.payloads.places import group_payload, member_payload, project_payload
from hooks.payloads.push import push_payload, update_payload
from hooks.payloads.releases import release_payload
from hooks.payloads.runs import deployment_payload, job_payload, pipeline_payload
from hooks.payloads.token_access import decisions_payload
from identity.models import User
from jobs.models import Deployment, Job, Pipeline
from projects.extensions.events import NULL_SHA, Push, RefChange
from projects.models import Membership, Project
from projects.repository import Repository
from resources.releases.models import Release

MAX_A_MINUTE = 5
MINUTE = timedelta(minutes=1)


class TooManyRequests(Exception):
    """MAX_A_MINUTE were sent by hand within a minute, of this project, group or the instance."""


class NothingToSend(Exception):
    """The text says to people what is missing; the pages translate it, the API does not."""


def test_hook(hook: Hook, event: Event, *, by: User) -> Delivery:
    """Raises TooManyRequests, NothingToSend."""
    _check_rate(hook)
    payload = _sample(hook, event, by)
    delivery = Delivery.objects.create(hook=hook, event=event, payload=payload, manual=True)
    return send(delivery)


def resend(delivery: Delivery) -> Delivery:
    """As it was sent, under the same Idempotency-Key. Raises TooManyRequests."""
    _check_rate(delivery.hook)
    again = Delivery.objects.create(
        hook=delivery.hook,
        event=delivery.event,
        payload=delivery.payload,
        idempotency_key=delivery.idempotency_key,
        event_uuid=delivery.event_uuid,
        manual=True,
    )
    return send(again)


def _check_rate(hook: Hook) -> None:
    """Of all webhooks of the place together: each holds a thread of the server for as long as its receiver takes."""
    there = Delivery.objects.filter(hook__project=hook.project_id, hook__group=hook.group_id, manual=True)
    recent = there.filter(created_at__gt=timezone.now() - MINUTE)
    if recent.count() >= MAX_A_MINUTE:
        raise TooManyRequests


def _sample(hook: Hook, event: Event, by: User) -> dict[str, Any]:
    if event not in (*EVENTS_OF[hook.kind], Event.INSTANCE):
        raise NothingToSend(_("This webhook does not receive such events."))
    if event is Event.SUBGROUP and hook.group is not None:
        return group_payload(hook.group, "subgroup_create")
    project = _project_of(hook)
    if event is Event.MEMBER:
        member = Membership.objects.filter(group=hook.group).select_related("user", "group", "project").first()
        return member_payload(_needs(member, _("Ensure the group has members.")), "user_add_to_group")
    if event in {Event.PROJECT, Event.INSTANCE}:
        return project_payload(project, "project_create")
    if event is Event.TOKEN_ACCESS:
        return decisions_payload(project, [], {})
    return _sample_of_project(project, event, by)


def _project_of(hook: Hook) -> Project:
    if hook.project is not None:
        return hook.project
    rows = Project.objects.alive().select_related("group").order_by("id")
    found = rows.first() if hook.group_id is None else rows.below(hook.group_id).first()
    return _needs(found, _("Ensure there is at least one project."))


def _sample_of_project(project: Project, event: Event, by: User) -> dict[str, Any]:
    match event:
        case Event.PUSH | Event.TAG_PUSH | Event.REPOSITORY_UPDATE:
            change = _newest_ref(project, tag=event is Event.TAG_PUSH)
            push = Push(project, by, [change])
            return update_payload(push) if event is Event.REPOSITORY_UPDATE else push_payload(push, change)
        case Event.PIPELINE:
            rows = Pipeline.objects.select_related("project__group", "user").filter(project=project)
            pipeline = _needs(rows.order_by("-id").first(), _("Ensure the project has CI pipelines."))
            return pipeline_payload(pipeline, pipeline.status)
        case Event.JOB:
            jobs = Job.objects.scripts().select_related("project__group", "pipeline", "user", "runner", "environment")
            job = _needs(jobs.filter(project=project).order_by("-id").first(), _("Ensure the project has CI jobs."))
            return job_payload(job, job.status)
        case Event.DEPLOYMENT:
            deployments = Deployment.objects.select_related(
                "project__group", "environment", "reporter", "job__pipeline", "job__user"
            )
            newest = deployments.filter(project=project).order_by("-id").first()
            deployment = _needs(newest, _("Ensure the project has deployments."))
            return deployment_payload(deployment, deployment.status)
        case _:
            releases = Release.objects.select_related("project__group").filter(project=project)
            return release_payload(_needs(releases.first(), _("Ensure the project has releases.")), "create")


def _newest_ref(project: Project, *, tag: bool) -> RefChange:
    repository = Repository(project.repository_path)
    if tag:
        found = _needs(next(iter(repository.tags()), None), _("Ensure the project has tags."))
        return RefChange(f"refs/tags/{found.name}", NULL_SHA, found.sha)
    branches = {branch.name: branch for branch in repository.branches()}
    name = project.default_branch if project.default_branch in branches else next(iter(branches), "")
    branch = _needs(branches.get(name), _("Ensure the project has at least one commit."))
    parents = repository.commit(branch.sha).parents
    return RefChange(f"refs/heads/{name}", parents[0] if parents else NULL_SHA, branch.sha)


def _needs(found: Any, otherwise: str) -> Any:
    if found is None:
        raise NothingToSend(otherwise)
    return found
