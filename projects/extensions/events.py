"""What happens in a repository and to a project's settings, as signals for the apps that depend on it."""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.dispatch import Signal
from django.utils import timezone

from identity.models import User
from projects.models import Project

log = logging.getLogger(__name__)

NULL_SHA = "0" * 40


@dataclass(frozen=True, slots=True)
class RefChange:
    """A ref (`refs/heads/main`) has moved from commit `old` to `new`; NULL_SHA stands for "was not" and "is gone"."""

    ref: str
    old: str
    new: str


@dataclass(frozen=True)
class Push:
    """All that one person moved at once. `options`: those of `git push -o`. `notices`: sentences for the pusher, which
    listeners add. `job_id`: the job whose token they pushed with, None without one."""

    project: Project
    user: User
    changes: Sequence[RefChange]
    options: Sequence[str] = ()
    notices: list[str] = field(default_factory=list)
    job_id: int | None = None


push_received = Signal()  # push
ref_updated = Signal()  # project, ref, old, new, user; once for each ref
project_changed = Signal()  # project, fields
tree_deleted = Signal()  # group, groups (it and those below, with parents), projects; within the transaction
project_forked = Signal()  # origin, fork; within the transaction that makes the fork


def announce_push(*, project: Project, ref: str, old: str, new: str, user: User, job_id: int | None = None) -> None:
    """As `announce_whole_push`, of one ref."""
    announce_whole_push(Push(project, user, [RefChange(ref, old, new)], job_id=job_id))


def announce_whole_push(push: Push) -> None:
    """Refs have moved, whichever way the commits came: git, the API, a page.

    A receiver that fails is logged and undoes nothing: the commits are stored.
    """
    project = push.project
    Project.objects.filter(pk=project.pk).update(last_activity_at=timezone.now())
    _log_errors(project, "", push_received.send_robust(sender=None, push=push))
    for change in push.changes:
        results = ref_updated.send_robust(
            sender=None, project=project, ref=change.ref, old=change.old, new=change.new, user=push.user
        )
        _log_errors(project, f" ({change.ref})", results)


def _log_errors(project: Project, ref: str, results: list[tuple[Any, Any]]) -> None:
    """Django logs each traceback, but not where it happened."""
    if any(isinstance(result, Exception) for _receiver, result in results):
        log.error("After a push to %s%s something failed", project.full_path, ref)


def announce_change(*, project: Project, fields: Collection[str]) -> None:
    """Report that these fields of a project have new values, within the transaction that stores them."""
    project_changed.send(sender=None, project=project, fields=fields)
