"""`image` and `services`, in the form the runner takes (runner.md §2.4)."""

from __future__ import annotations

from typing import Any

from jobs.config.errors import Place
from jobs.config.keywords import variables
from jobs.config.shapes import Reader, choice, fields, list_of, text
from jobs.config.tree import Map

PULL_POLICY: Reader[list[str]] = list_of(choice("always", "if-not-present", "never"), single=True)


def word(value: Any, at: Place) -> str:
    """Of a command; an empty one too: `entrypoint: [""]` turns off the image's own."""
    return value if value == "" else text(value, at)


COMMAND: Reader[list[str]] = list_of(word, single=True)


def docker(value: Any, at: Place) -> dict[str, str]:
    return fields(value, at, {"platform": text, "user": text})


def kubernetes(value: Any, at: Place) -> dict[str, str]:
    return fields(value, at, {"user": text})


IMAGE: dict[str, Reader[Any]] = {
    "name": text,
    "entrypoint": COMMAND,
    "docker": docker,
    "kubernetes": kubernetes,
    "pull_policy": PULL_POLICY,
}
SERVICE: dict[str, Reader[Any]] = {
    **IMAGE,
    "alias": text,
    "command": COMMAND,
    "variables": variables.of_a_job,
}


def image(value: Any, at: Place) -> dict[str, Any]:
    return container(value, at, IMAGE)


def service(value: Any, at: Place) -> dict[str, Any]:
    return container(value, at, SERVICE)


services: Reader[list[dict[str, Any]]] = list_of(service)


def container(value: Any, at: Place, table: dict[str, Reader[Any]]) -> dict[str, Any]:
    if not isinstance(value, Map):
        return {"name": text(value, at)}
    found = fields(value, at, table, required=["name"])
    options = {key: found.pop(key) for key in ("docker", "kubernetes") if key in found}
    return {**found, "executor_opts": options} if options else found
