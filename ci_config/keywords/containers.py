"""`image` and `services`, in the format of the runner (runner.md §2.4)."""

from __future__ import annotations

from typing import Any

from ci_config.document.tree import YamlMap
from ci_config.errors import Location
from ci_config.keywords import variables
from ci_config.validators import Validator, choice, fields, list_of, text

PULL_POLICY: Validator[list[str]] = list_of(choice("always", "if-not-present", "never"), single=True)


def command_word(value: Any, at: Location) -> str:
    """A word of a command. It may be empty: `entrypoint: [""]` disables the entrypoint of the image."""
    return value if value == "" else text(value, at)


ENTRYPOINT: Validator[list[str]] = list_of(command_word)
COMMAND: Validator[list[str]] = list_of(command_word, single=True, nested=True)


def docker_options(value: Any, at: Location) -> dict[str, str]:
    return fields(value, at, {"platform": text, "user": text})


def kubernetes_options(value: Any, at: Location) -> dict[str, str]:
    return fields(value, at, {"user": text})


IMAGE_KEYS: dict[str, Validator[Any]] = {
    "name": text,
    "entrypoint": ENTRYPOINT,
    "docker": docker_options,
    "kubernetes": kubernetes_options,
    "pull_policy": PULL_POLICY,
}
SERVICE_KEYS: dict[str, Validator[Any]] = {
    **IMAGE_KEYS,
    "alias": text,
    "command": COMMAND,
    "variables": variables.job_variables,
}


def image(value: Any, at: Location) -> dict[str, Any]:
    return container(value, at, IMAGE_KEYS)


def service(value: Any, at: Location) -> dict[str, Any]:
    return container(value, at, SERVICE_KEYS)


services: Validator[list[dict[str, Any]]] = list_of(service, nested=True)


def container(value: Any, at: Location, table: dict[str, Validator[Any]]) -> dict[str, Any]:
    if not isinstance(value, YamlMap):
        return {"name": text(value, at)}
    spec = fields(value, at, table, required=["name"])
    options = {key: spec.pop(key) for key in ("docker", "kubernetes") if key in spec}
    return {**spec, "executor_opts": options} if options else spec
