"""Where a file that is included comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


class CannotInclude(Exception):
    """A file cannot be had. The text is a clause that says why, and what to do instead."""


@dataclass(frozen=True, slots=True)
class ComponentFile:
    """A component: its file in a project at a commit, and how it is referred to.

    `reference`: as written after `@`. `version`: the semantic version that this led to, such as `1.2.3` for `1`; None
    for branches and commits.
    """

    project: str
    sha: str
    path: str
    name: str
    version: str | None
    reference: str

    def facts(self) -> dict[str, str | None]:
        """What the component may know of itself (`spec: component`)."""
        return {"name": self.name, "sha": self.sha, "version": self.version, "reference": self.reference}


@dataclass(frozen=True, slots=True)
class IncludeSource:
    """A file: of the pipeline's own commit, or of another project (`ref` "": its default branch), or at a `url`.

    `shown`: its name in messages. `facts`: what a component may know of itself.
    """

    path: str
    project: str = ""
    ref: str = ""
    url: str = ""
    job: str = ""  # whose artifact it is
    integrity: str = field(default="", compare=False)
    shown: str = field(default="", compare=False)
    facts: Mapping[str, str | None] | None = field(default=None, compare=False)

    @property
    def label(self) -> str:
        if self.shown or self.url:
            return self.shown or self.url
        return f"{self.project}{'@' if self.ref else ''}{self.ref}:{self.path}" if self.project else self.path


OWN_FILE = IncludeSource("")
