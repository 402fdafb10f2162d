"""A change that would admit a job, as a button."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Remedy:
    """A form that posts `fields` to `url`, or without any a link. `word`: the label in a row that names what is
    changed; `names`: the path of the entry that is, where it may be another than the row's."""

    label: str
    url: str
    icon: str = "plus"
    fields: dict[str, str] = field(default_factory=dict)
    word: str = ""
    names: str = ""
