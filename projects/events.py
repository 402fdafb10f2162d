"""What happens in a repository and to a project's settings, told to the apps that live off it.

Those apps are further out and import this one, so they add themselves (in their AppConfig.ready):

    projects.events.ON_PUSH.append(services.start_for_push)
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from typing import Protocol

from django.utils import timezone

from identity.models import User
from projects.models import Project

log = logging.getLogger(__name__)

NOTHING = "0" * 40


class OnPush(Protocol):
    def __call__(self, *, project: Project, ref: str, old: str, new: str, user: User) -> object: ...


class OnChange(Protocol):
    def __call__(self, *, project: Project, fields: Collection[str]) -> object: ...


ON_PUSH: list[OnPush] = []
ON_CHANGE: list[OnChange] = []


def pushed(*, project: Project, ref: str, old: str, new: str, user: User) -> None:
    """A ref (`refs/heads/main`) has moved from commit `old` to `new`; NOTHING stands for "was not" and "is gone".

    Told after the fact, whichever way the commits came: git, the API, a page. A listener that fails is logged and
    undoes nothing: the commits are in.
    """
    Project.objects.filter(pk=project.pk).update(last_activity_at=timezone.now())
    for listener in ON_PUSH:
        try:
            listener(project=project, ref=ref, old=old, new=new, user=user)
        except Exception:
            log.exception("After a push to %s (%s) something failed", project.full_path, ref)


def changed(*, project: Project, fields: Collection[str]) -> None:
    """These fields of a project have other values now. Told within the transaction that writes them."""
    for listener in ON_CHANGE:
        listener(project=project, fields=fields)
