"""What webhooks are told of: each event by its name in the API, with its header and how its deliveries are called."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Event(StrEnum):
    PUSH = "push_events"
    TAG_PUSH = "tag_push_events"
    REPOSITORY_UPDATE = "repository_update_events"
    PIPELINE = "pipeline_events"
    JOB = "job_events"
    DEPLOYMENT = "deployment_events"
    RELEASE = "releases_events"
    TOKEN_ACCESS = "token_access_events"
    MEMBER = "member_events"
    PROJECT = "project_events"
    SUBGROUP = "subgroup_events"
    INSTANCE = "instance_events"  # what every hook of the instance is told of


@dataclass(frozen=True, slots=True)
class EventRow:
    """`header`: of X-Gitlab-Event. `trigger`: what its deliveries are called."""

    label: Promise | str
    header: str
    trigger: str


EVENTS: dict[Event, EventRow] = {
    Event.PUSH: EventRow(_("Pushes to branches"), "Push Hook", "push_hooks"),
    Event.TAG_PUSH: EventRow(_("Tags pushed and deleted"), "Tag Push Hook", "tag_push_hooks"),
    Event.REPOSITORY_UPDATE: EventRow(_("Repository updates, one for each push"), "", "repository_update_hooks"),
    Event.PIPELINE: EventRow(_("Pipelines, each new status"), "Pipeline Hook", "pipeline_hooks"),
    Event.JOB: EventRow(_("Jobs, each new status"), "Job Hook", "job_hooks"),
    Event.DEPLOYMENT: EventRow(_("Deployments, each new status"), "Deployment Hook", "deployment_hooks"),
    Event.RELEASE: EventRow(_("Releases created, changed and deleted"), "Release Hook", "release_hooks"),
    Event.TOKEN_ACCESS: EventRow(
        _("Token Access: jobs of other projects admitted and refused"), "Token Access Hook", "token_access_hooks"
    ),
    Event.MEMBER: EventRow(_("Members added, changed and removed"), "Member Hook", "member_hooks"),
    Event.PROJECT: EventRow(_("Projects created and deleted"), "Project Hook", "project_hooks"),
    Event.SUBGROUP: EventRow(_("Subgroups created and deleted"), "Subgroup Hook", "subgroup_hooks"),
    Event.INSTANCE: EventRow(_("People, groups, projects and members"), "System Hook", "system_hooks"),
}
SYSTEM_HEADER = "System Hook"
# What a hook of a project, a group or the instance may be told of.
OF_PROJECT = (
    Event.PUSH,
    Event.TAG_PUSH,
    Event.PIPELINE,
    Event.JOB,
    Event.DEPLOYMENT,
    Event.RELEASE,
    Event.TOKEN_ACCESS,
)
OF_GROUP = (*OF_PROJECT, Event.MEMBER, Event.PROJECT, Event.SUBGROUP)
OF_INSTANCE = (Event.PUSH, Event.TAG_PUSH, Event.REPOSITORY_UPDATE, Event.TOKEN_ACCESS)
EVENTS_OF: dict[str, tuple[Event, ...]] = {"project": OF_PROJECT, "group": OF_GROUP, "instance": OF_INSTANCE}
# On unless a new hook says otherwise.
DEFAULT_ON = {"project": {Event.PUSH}, "group": {Event.PUSH}, "instance": {Event.REPOSITORY_UPDATE}}
