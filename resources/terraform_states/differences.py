"""What two versions of a state differ in: resources and outputs by their names.

No value is ever told. A state marks as sensitive only what its configuration declared so; a password that a provider
made up is not among that.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext_lazy as _

from resources.terraform_states.documents import InvalidDocument, parse_object

FORMAT = 4  # of Terraform since 0.12, and of OpenTofu
MAX_BYTES = 8 * 1024**2  # of a version; parsed it takes many times as much memory
MAX_SHOWN = 500
MAX_ATTRIBUTES = 20


class NotComparable(Exception):
    """The reason, as a sentence."""


@dataclass(frozen=True)
class Change:
    """`kind`: `added`, `changed` or `removed`. `attributes`: the names of those that changed, the first of them."""

    kind: str
    name: str
    attributes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Difference:
    """`same_lineage`: whether one state has become the other; else they have nothing to do with each other."""

    resources: list[Change]
    outputs: list[Change]
    same_lineage: bool

    @property
    def counts(self) -> dict[str, int]:
        """Of resources, by kind."""
        kinds = [change.kind for change in self.resources]
        return {kind: kinds.count(kind) for kind in ("added", "changed", "removed")}

    @property
    def first_resources(self) -> list[Change]:
        return self.resources[:MAX_SHOWN]

    @property
    def first_outputs(self) -> list[Change]:
        return self.outputs[:MAX_SHOWN]

    @property
    def more(self) -> int:
        return len(self.resources) - len(self.first_resources) + len(self.outputs) - len(self.first_outputs)


def compare(old: bytes, new: bytes) -> Difference:
    """Raises NotComparable."""
    before, after = _read(old), _read(new)
    return Difference(
        _changes(_instances(before), _instances(after)),
        _changes(_outputs(before), _outputs(after)),
        before.get("lineage") == after.get("lineage"),
    )


def _read(content: bytes) -> dict[str, Any]:
    if len(content) > MAX_BYTES:
        raise NotComparable(_("A version is too large to be compared here. Download both, and compare the files."))
    try:
        document = parse_object(content)
    except InvalidDocument as error:
        raise NotComparable(str(error)) from error
    if document.get("version") != FORMAT:
        raise NotComparable(_("Only states of Terraform 0.12 or newer, and of OpenTofu, are compared."))
    return document


def _changes(before: Mapping[str, dict[str, Any]], after: Mapping[str, dict[str, Any]]) -> list[Change]:
    """By name."""
    return [
        change for name in sorted(before.keys() | after.keys()) if (change := _change(name, before, after)) is not None
    ]


def _change(name: str, before: Mapping[str, dict[str, Any]], after: Mapping[str, dict[str, Any]]) -> Change | None:
    if name not in before:
        return Change("added", name)
    if name not in after:
        return Change("removed", name)
    old, new = before[name], after[name]
    if old == new:
        return None
    keys = [key for key in sorted(old.keys() | new.keys()) if key not in old or key not in new or old[key] != new[key]]
    return Change("changed", name, keys[:MAX_ATTRIBUTES])


def _instances(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Address → its attributes, with its `status` where it has one (`tainted`)."""
    found: dict[str, dict[str, Any]] = {}
    for resource in _list(document, "resources"):
        for instance in _list(resource, "instances"):
            attributes = instance.get("attributes") or instance.get("attributes_flat") or {}
            if not isinstance(attributes, dict):
                raise _unreadable()
            state = {"status": instance["status"]} if instance.get("status") else {}
            found[_address(resource, instance)] = {**attributes, **state}
    return found


def _outputs(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    outputs = document.get("outputs") or {}
    if not isinstance(outputs, dict):
        raise _unreadable()
    return {name: output if isinstance(output, dict) else {"value": output} for name, output in outputs.items()}


def _list(holder: dict[str, Any], name: str) -> Iterator[dict[str, Any]]:
    rows = holder.get(name) or []
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise _unreadable()
    yield from rows


def _address(resource: dict[str, Any], instance: dict[str, Any]) -> str:
    """As terraform prints it: `module.net.aws_subnet.private["eu"]`. Deposed: it waits to be destroyed."""
    parts = [resource.get("module"), "data" if resource.get("mode") == "data" else None]
    parts += [resource.get("type"), resource.get("name")]
    address = ".".join(str(part) for part in parts if part)
    key = instance.get("index_key")
    if key is not None:
        address += f"[{json.dumps(key, ensure_ascii=False)}]"
    return f"{address} (deposed {instance['deposed']})" if instance.get("deposed") else address


def _unreadable() -> NotComparable:
    return NotComparable(_("The state is not laid out as terraform writes it."))
