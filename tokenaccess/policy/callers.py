"""Who asks. A job is not a person: the person behind it is a fact about the job."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

from tokenaccess.policy.granular import GranularScope
from tokenaccess.policy.narrowing import Narrowing


@dataclass(frozen=True, slots=True)
class Anonymous:
    """No credential was presented, or one that the route does not accept."""


@dataclass(frozen=True, slots=True)
class InvalidCredential:
    """A credential was presented that is not valid: unknown, malformed, or of a kind that does not exist."""


class Person(NamedTuple):
    """`scopes` of the personal token in use; None for a session, which is not limited by scopes. `bot`: the account
    of a project or group access token, whose only memberships are there. `granular`: the scopes of a fine-grained
    token, which count instead of `scopes`. `only_project`: the one that the token in use is for; 0: any."""

    id: int
    username: str
    admin: bool = False
    external: bool = False
    active: bool = True
    scopes: frozenset[str] | None = None
    bot: bool = False
    granular: tuple[GranularScope, ...] | None = None
    only_project: int = 0


class DeployToken(NamedTuple):
    """Acts as itself, in one project or in the projects below one group (tokens.md §2). One that has ended is an
    invalid credential."""

    id: int
    username: str
    scopes: frozenset[str]
    project_id: int | None = None
    group_id: int | None = None


class DeployKey(NamedTuple):
    """Acts as itself over SSH, in the `projects` where it is enabled (tokens.md §6.5). One that has expired is an
    invalid credential.

    `pushes_to`: those of them where it may push → the user who let it. The role of the facts is that user's.
    """

    id: int
    title: str
    projects: frozenset[int]
    pushes_to: Mapping[int, int] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Upload:
    """What the upload token of a trusted publisher is for: one or more packages, each `(project id, kind, name)`."""

    packages: frozenset[tuple[int, str, str]]
    expired: bool = False

    def is_for(self, project_id: int) -> bool:
        return any(place == project_id for place, _kind, _name in self.packages)


class Job(NamedTuple):
    """The job of a job token, running or not. `person` is None if its account has been deleted. `stopped`: the token
    was ended while the job goes on. `upload`: it presents an upload token, which is good for nothing else. `narrowing`:
    what the job left of its token; None for all."""

    id: int
    project_id: int
    project_path: str
    status: str
    erased: bool
    project_gone: bool
    person: Person | None
    stopped: bool = False
    upload: Upload | None = None
    narrowing: Narrowing | None = None


Caller = Anonymous | InvalidCredential | Person | Job | DeployToken | DeployKey
