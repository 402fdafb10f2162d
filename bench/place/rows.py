"""A project, its group, the group above all and the instance, in which the benchmark puts a number of everything."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Model

from blobs import store
from blobs.store import TemporaryBlob
from identity.models import User
from projects.models import Group, Project

IN_A_YEAR = timedelta(days=365)
SHA = "1" * 40


@dataclass(frozen=True)
class Place:
    """`top`: the group above all projects. `person`: whom the project's jobs and tokens are of. `sources`: ids of
    projects on its list."""

    project: Project
    group: Group
    top: Group
    person: User
    administrator: User
    sources: list[int]

    @property
    def owners(self) -> dict[str, dict[str, Any]]:
        """The project and the groups, as the fields of what may be of each."""
        return {"project": {"project": self.project}, "group": {"group": self.group}, "top": {"group": self.top}}

    @property
    def homes(self) -> dict[str, dict[str, Any]]:
        """Those and the instance."""
        return {**self.owners, "instance": {}}


def kind_of(home: Mapping[str, Any]) -> str:
    """Of `Place.homes`: project, group or instance."""
    return next(iter(home), "instance")


def add(model: type[Model], numbers: Sequence[int], **fields: Any) -> list[Any]:
    """A row for each number; a field that is a function makes its value of the number."""
    return model._base_manager.bulk_create(
        model(**{name: value(number) if callable(value) else value for name, value in fields.items()})
        for number in numbers
    )


def each(values: Sequence[Any]) -> tuple[range, Callable[[int], Any]]:
    """For `add`: the numbers of these values, and a field that takes one after the other."""
    return range(len(values)), values.__getitem__


def name_of(text: str) -> Callable[[int], str]:
    return lambda number: f"{text}{number}"


def digest(kind: str, length: int = 64) -> Callable[[int], str]:
    return lambda number: hashlib.sha256(f"{kind} {number}".encode()).hexdigest()[:length]


def blob(content: bytes) -> Any:
    with TemporaryBlob() as upload:
        upload.write(content)
        with store.commit(upload) as stored:
            return stored
