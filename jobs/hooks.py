"""What this app needs of others without importing them, and what its own services tell each other after a commit.

The gate is further out and adds itself, and the instance's settings, in its AppConfig.ready. The listeners are added by
JobsConfig.ready. A listener that fails is logged and undoes nothing; the clean-up comes past again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

from django.db import transaction
from django.db.models import Exists, Q, QuerySet

from identity.models import User
from projects.models import Project
from tokenaccess.policy.actions import Action
from tokenaccess.policy.refs import OnRef

log = logging.getLogger(__name__)


class May(Protocol):
    def __call__(self, user: User, action: Action, on: Project, on_ref: OnRef | None, /) -> bool: ...


_gate: list[May] = []


def decide_with(may: May) -> None:
    _gate[:] = [may]


def person_may(user: User | None, action: Action, on: Project, on_ref: OnRef | None = None) -> bool:
    """The gate's word for a person who acts without a request: the one behind a pipeline. Without a gate: no."""
    return user is not None and user.is_active and bool(_gate) and _gate[0](user, action, on, on_ref)


class Finds(Protocol):
    def __call__(self, user: User, action: Action, path: str, /) -> Project | None: ...


_finder: list[Finds] = []


def find_with(finds: Finds) -> None:
    _finder[:] = [finds]


def person_finds(user: User | None, action: Action, path: str) -> Project | None:
    """The project of that path, where the person may do `action`; None for one that is hidden or not there, by the
    same work."""
    return _finder[0](user, action, path) if user is not None and user.is_active and _finder else None


_forbids_latest: list[Callable[[], QuerySet[Any]]] = []


def keep_no_latest_if(rows: Callable[[], QuerySet[Any]]) -> None:
    _forbids_latest[:] = [rows]


def instance_keeps_latest() -> Q:
    """The instance's word on artifacts of the latest success, asked within the statement: no row forbids it."""
    return Q(*(~Exists(rows()) for rows in _forbids_latest))


Listener = Callable[..., object]

ON_BRIDGE: list[Listener] = []  # a job that starts another pipeline has its turn: (job id)
ON_BRIDGE_CANCELED: list[Listener] = []  # (job id)
ON_DOWNSTREAM: list[Listener] = []  # a pipeline that a job started has ended, or runs again: (pipeline id)
ON_HOPELESS: list[Listener] = []  # a job failed without which the file wants none of the others: (pipeline id)
ON_RESOURCE: list[Listener] = []  # a resource group may have become free: (project id, its name)


def tell_after_commit(listeners: list[Listener], *what: Any) -> None:
    """What they do has transactions of its own, and must not wait while this one holds its locks."""
    transaction.on_commit(partial(_tell, listeners, *what))


def _tell(listeners: list[Listener], *what: Any) -> None:
    for listener in listeners:
        try:
            listener(*what)
        except Exception:
            log.exception("%s failed for %s", listener.__name__, what)
