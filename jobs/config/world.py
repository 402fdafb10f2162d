"""What the file is compiled for: the pipeline that would be made, and the files it could ask about."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from jobs.config.errors import Place, quoted
from jobs.config.expansion import expand
from jobs.config.globs import FileNames
from jobs.config.limits import Budget
from jobs.config.patterns import BadPattern

ReadLocal = Callable[[str], str | None]
ReadProject = Callable[[str, str, str], str | None]
ChangedFiles = Callable[[str | None], Collection[str] | None]
ListFiles = Callable[[], Collection[str]]


@dataclass(slots=True)
class World:
    """The arguments of `compile`, and what was asked of them so far."""

    ref: str
    tag: bool
    source: str
    variables: Mapping[str, str]
    predefined: Mapping[str, str]
    read_local: ReadLocal
    read_project: ReadProject
    changed_files: ChangedFiles
    list_files: ListFiles
    budget: Budget = field(default_factory=Budget)
    _changed: dict[str | None, FileNames | None] = field(default_factory=dict)
    _files: FileNames | None = None
    _contents: dict[str, str | None] = field(default_factory=dict)

    def values(self, *layers: Mapping[str, str]) -> Mapping[str, str]:
        """What `$NAME` means: the project's and the request's variables, then `layers`, then the predefined ones."""
        return ChainMap(*(dict_of(layer) for layer in (self.variables, *layers, self.predefined)))

    def content(self, path: str) -> str | None:
        if path not in self._contents:
            self._contents[path] = self.read_local(path)
        return self._contents[path]

    def changed(self, patterns: list[str], compare_to: str | None, values: Mapping[str, str], at: Place) -> bool:
        """Whether a changed file matches; yes when there is nothing to compare with."""
        if compare_to not in self._changed:
            names = self.asked(compare_to, at)
            self._changed[compare_to] = None if names is None else self.file_names(names, at)
        known = self._changed[compare_to]
        return known is None or any(self.matching(known, pattern, values, at) for pattern in patterns)

    def asked(self, compare_to: str | None, at: Place) -> Collection[str] | None:
        try:
            return self.changed_files(compare_to)
        except LookupError as error:
            raise at.under("compare_to").wrong(f"there is no branch, tag or commit {quoted(compare_to)}.") from error

    def exists(self, patterns: list[str], values: Mapping[str, str], at: Place) -> bool:
        return any(self.matching(self.files(at), pattern, values, at) for pattern in patterns)

    def files(self, at: Place) -> FileNames:
        if self._files is None:
            self._files = self.file_names(self.list_files(), at)
        return self._files

    def file_names(self, names: Collection[str], at: Place) -> FileNames:
        return FileNames(names, lambda characters: self.budget.scan(characters, at))

    @staticmethod
    def matching(names: FileNames, pattern: str, values: Mapping[str, str], at: Place) -> list[str]:
        try:
            return names.matching(expand(pattern, values).removeprefix("./"))
        except BadPattern as error:
            raise at.wrong(f"{error}.") from error


def dict_of(layer: Mapping[str, str]) -> dict[str, str]:
    return layer if isinstance(layer, dict) else dict(layer)
