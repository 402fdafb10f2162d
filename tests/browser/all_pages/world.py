"""What the pages are about: the demo world, and on top of it one of everything that a page can show.

`values`: parameter of a route → what to put there. All of it is about `acme/library`, of which Olga Owner is owner.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from identity.models import User
from projects.models import Group, Project
from tests.support.client import Api

WEBSITE = "https://example.com/"


@dataclass(frozen=True)
class Page:
    """`person`: a username, "" for a visitor. `form`: what is posted to get there; `note` names the answer.
    `view`: what answers there, the same for what projects, groups and the instance have alike."""

    path: str
    person: str = "owner"
    form: dict[str, str] | None = None
    note: str = ""
    view: str = ""

    @property
    def name(self) -> str:
        """For a file."""
        person = "" if self.person == "owner" else self.person or "visitor"
        words = "-".join(filter(None, (self.path, self.note, person)))
        return re.sub(r"[^A-Za-z0-9]+", "-", words).strip("-")[:120] or "start"


@dataclass
class World:
    """`admin` may see everything. `api` speaks as the owner."""

    people: dict[str, User]
    library: Project
    app: Project
    site: Project
    scanner: Project
    group: Group
    empty: Project
    admin: User
    api: Api
    values: dict[str, Any] = field(default_factory=dict)

    @property
    def owner(self) -> User:
        return self.people["owner"]

    @property
    def at(self) -> str:
        return f"/projects/{self.library.pk}"

    def make(self, kind: str, **fields: Any) -> dict[str, Any]:
        """Something of the library, as JSON; `kind` with a slash in front is a whole address."""
        address = kind if kind.startswith("/") else f"{self.at}/{kind}"
        answer = self.api.post(address, fields)
        assert answer.status_code == 201, (address, answer.content)
        made: dict[str, Any] = answer.json()
        return made
