"""Connects what happens elsewhere to the webhooks that want to know of it. HooksConfig.ready imports this module."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Model
from django.db.models.signals import post_delete, post_save, pre_delete, pre_save
from django.dispatch import receiver

from hooks import outbox
from hooks.changes import Change, record_change
from hooks.decisions import Use, announce_decisions
from hooks.events import Event
from hooks.models import Hook
from hooks.payloads.places import group_payload, member_payload, project_payload, user_payload
from hooks.payloads.push import push_payload, short_name, update_payload
from hooks.payloads.releases import release_payload
from identity.models import User
from jobs.models import Deployment, Job, Pipeline
from jobs.signals import job_claimed
from jobs.states import State
from projects.extensions.events import Push, RefChange, push_received, tree_deleted
from projects.models import Group, Membership, Project
from resources.releases.models import Release
from tokenaccess.access.signals import decisions_recorded

MAX_REFS = 3  # of one push; with more branches or tags than that no event is sent, as GitLab has it


@receiver(push_received)
def on_push(*, push: Push, **_more: Any) -> None:
    hooks = outbox.hooks_of(push.project.pk)
    if not hooks:
        return
    for prefix, event in (("refs/heads/", Event.PUSH), ("refs/tags/", Event.TAG_PUSH)):
        changes = [change for change in push.changes if change.ref.startswith(prefix)]
        for change in changes if len(changes) <= MAX_REFS else ():
            wanted = [hook for hook in outbox.wanting(hooks, event) if _takes(hook, event, change)]
            outbox.announce(wanted, event, partial(push_payload, push, change))
    outbox.announce(hooks, Event.REPOSITORY_UPDATE, partial(update_payload, push))


def _takes(hook: Hook, event: Event, change: RefChange) -> bool:
    return event is not Event.PUSH or outbox.takes_branch(hook, short_name(change.ref))


# --- Pipelines, jobs, deployments -------------------------------------------------------------------------------------


@receiver(post_save, sender=Job)
def on_job(instance: Job, update_fields: Collection[str] | None, created: bool, **_more: Any) -> None:
    if created or (update_fields is not None and "status" in update_fields):
        record_change(Change("job", instance.pk, str(instance.status), instance.project_id))


@receiver(job_claimed)
def on_claim(*, job_id: int, project_id: int, **_more: Any) -> None:
    record_change(Change("job", job_id, State.RUNNING.value, project_id))


@receiver(post_save, sender=Pipeline)
def on_pipeline(instance: Pipeline, update_fields: Collection[str] | None, created: bool, **_more: Any) -> None:
    if created or (update_fields is not None and "status" in update_fields):
        record_change(Change("pipeline", instance.pk, str(instance.status), instance.project_id))


@receiver(post_save, sender=Deployment)
def on_deployment(instance: Deployment, **_more: Any) -> None:
    """Those that are reported; of the others their job says it."""
    if instance.reported_status:
        record_change(Change("deployment", instance.pk, instance.reported_status, instance.project_id))


# --- Releases ---------------------------------------------------------------------------------------------------------


@receiver(post_save, sender=Release)
def on_release(instance: Release, created: bool, **_more: Any) -> None:
    transaction.on_commit(partial(_announce_release, instance, "create" if created else "update"), robust=True)


@receiver(pre_delete, sender=Release)
def on_release_deletion(instance: Release, origin: Any = None, **_more: Any) -> None:
    """Not of those that go with their project."""
    if _is_about(origin, Release):
        hooks = outbox.wanting(outbox.hooks_of(instance.project_id), Event.RELEASE)
        if hooks:
            payload = release_payload(instance, "delete")
            transaction.on_commit(partial(outbox.put, hooks, Event.RELEASE, payload), robust=True)


def _is_about(origin: Any, model: type[Model]) -> bool:
    """Whether it was one of these that somebody deleted, and no more."""
    return isinstance(origin, model) or getattr(origin, "model", None) is model


def _announce_release(release: Release, action: str) -> None:
    outbox.announce(outbox.hooks_of(release.project_id), Event.RELEASE, partial(release_payload, release, action))


# --- People, members, projects, groups --------------------------------------------------------------------------------


@receiver(post_save, sender=Membership)
def on_member(instance: Membership, created: bool, **_more: Any) -> None:
    place = "group" if instance.group_id else "team"
    _announce_member(instance, f"user_add_to_{place}" if created else f"user_update_for_{place}")


@receiver(post_delete, sender=Membership)
def on_member_removed(instance: Membership, origin: Any = None, **_more: Any) -> None:
    """Not where the project, the group or the person is deleted."""
    if _is_about(origin, Membership):
        _announce_member(instance, f"user_remove_from_{'group' if instance.group_id else 'team'}")


def _announce_member(membership: Membership, name: str) -> None:
    payload = partial(member_payload, membership, name)
    group_id = membership.group_id
    if group_id is None:
        _announce_later(Hook.objects.for_instance(), {Event.INSTANCE}, payload)
    else:
        _announce_later(Hook.objects.for_group(group_id), {Event.MEMBER, Event.INSTANCE}, payload)


@receiver(post_save, sender=Project)
def on_project(instance: Project, created: bool, **_more: Any) -> None:
    if created:
        _announce_project(instance, partial(project_payload, instance, "project_create"))


@receiver(pre_save, sender=Project)
def on_project_deletion(instance: Project, update_fields: Collection[str] | None = None, **_more: Any) -> None:
    """Before it gives up its path."""
    if update_fields is not None and "pending_deletion" in update_fields and instance.pending_deletion:
        path = Project.objects.values_list("full_path", flat=True).get(pk=instance.pk)
        _announce_project(instance, partial(project_payload, instance, "project_destroy", path))


@receiver(pre_delete, sender=Project)
def on_project_removal(instance: Project, **_more: Any) -> None:
    """Of one that was marked before, all know."""
    if not instance.pending_deletion:
        payload = project_payload(instance, "project_destroy")
        _announce_project(instance, lambda: payload)


def _announce_project(project: Project, payload: outbox.MakePayload) -> None:
    _announce_later(Hook.objects.for_group(project.group_id), {Event.PROJECT, Event.INSTANCE}, payload)


@receiver(post_save, sender=Group)
def on_group(instance: Group, created: bool, **_more: Any) -> None:
    if created and instance.person_id is None and not instance.pending_deletion:
        _announce_new_group(instance)


def _announce_new_group(group: Group) -> None:
    """To the groups above it as a subgroup."""
    if group.parent_id is not None:
        hooks = Hook.objects.for_group(group.parent_id)
        _announce_later(hooks, {Event.SUBGROUP}, partial(group_payload, group, "subgroup_create"))
    hooks = Hook.objects.for_instance()
    _announce_later(hooks, {Event.INSTANCE}, partial(group_payload, group, "group_create"))


@receiver(tree_deleted)
def on_tree_deletion(*, group: Group, groups: list[Group], projects: list[Project], **_more: Any) -> None:
    if group.person_id is None:
        transaction.on_commit(partial(_announce_deletion, group, groups, projects), robust=True)


def _announce_deletion(group: Group, groups: list[Group], projects: list[Project]) -> None:
    """To the groups above it and the instance; the webhooks of what is deleted go with it."""
    hooks = list(Hook.objects.for_instance() if group.parent_id is None else Hook.objects.for_group(group.parent_id))
    subgroups = groups if group.parent_id is not None else []
    gone = [project_payload(project, "project_destroy") for project in projects] if hooks else []
    outbox.announce_each(hooks, Event.PROJECT, gone)
    outbox.announce_each(hooks, Event.INSTANCE, gone)
    outbox.announce_each(hooks, Event.SUBGROUP, (group_payload(one, "subgroup_destroy") for one in subgroups))
    outbox.announce_each(hooks, Event.INSTANCE, (group_payload(one, "group_destroy") for one in groups))


@receiver(post_save, sender=User)
def on_user(instance: User, created: bool, **_more: Any) -> None:
    if created and not instance.is_bot:
        _announce_later(Hook.objects.for_instance(), {Event.INSTANCE}, partial(user_payload, instance, "user_create"))


@receiver(pre_delete, sender=User)
def on_user_deletion(instance: User, **_more: Any) -> None:
    if not instance.is_bot:
        payload = user_payload(instance, "user_destroy")
        _announce_later(Hook.objects.for_instance(), {Event.INSTANCE}, lambda: payload)


def _announce_later(hooks: Any, events: Collection[Event], payload: outbox.MakePayload) -> None:
    transaction.on_commit(partial(_announce_to, hooks, events, payload), robust=True)


def _announce_to(hooks: Any, events: Collection[Event], payload: outbox.MakePayload) -> None:
    found = list(hooks)
    for event in events:
        outbox.announce(found, event, payload)


# --- Token Access -----------------------------------------------------------------------------------------------------


@receiver(decisions_recorded)
def on_decisions(*, uses: Collection[Use], refusals: Collection[tuple[Any, Any]], **_more: Any) -> None:
    """What the access log has just written."""
    if uses or refusals:
        announce_decisions(uses, refusals)
