"""Settings of a project that apps further out keep, shown and changed with its own by `GET` and `PUT /projects/:id`.

Those apps import this one, so they add theirs (in their AppConfig.ready):

    EXTENSIONS.append(SettingExtension("ci_job_token_scope_enabled", Action.MANAGE_TOKEN_ACCESS, read=…, write=…))
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from identity.models import User
from projects.models import Project
from tokenaccess.policy.actions import Action


class ReadSetting(Protocol):
    def __call__(self, project: Project, /) -> bool: ...


class WriteSetting(Protocol):
    def __call__(self, project: Project, /, *, value: bool, by: User) -> object: ...


@dataclass(frozen=True, slots=True)
class SettingExtension:
    """A yes-or-no setting under `name`. Shown to and changed by those who may do `action` in the project.

    `write` raises ValidationError for a value it refuses; it runs in the transaction of the whole change.
    """

    name: str
    action: Action
    read: ReadSetting
    write: WriteSetting


EXTENSIONS: list[SettingExtension] = []
