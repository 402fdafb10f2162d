"""The context of a compilation: the pipeline it is for, and access to repository files."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypedDict

from ci_config.conditions.globs import FileNames, is_unclosed
from ci_config.conditions.patterns import BadPattern
from ci_config.errors import Location, Problems, quote
from ci_config.includes.source import CannotInclude, ComponentFile, IncludeSource
from ci_config.jobs.expansion import expand_known, expand_nested, find_cycle, referring
from ci_config.limits import Budget
from ci_config.redaction import redactor

if TYPE_CHECKING:
    from ci_config.jobs.verdicts import Verdict

ReadLocal = Callable[[str], str | None]
ReadProject = Callable[[str, str, str], str | None]
FindComponent = Callable[[str], ComponentFile]
FindTemplate = Callable[[str], tuple[str, str, str]]
ReadRemote = Callable[[str, str], str]
ReadArtifact = Callable[[str, str], str | None]
ChangedFiles = Callable[[str | None], Collection[str] | None]
ListFiles = Callable[[], Collection[str]]
ListProjectFiles = Callable[[str, str], Collection[str] | None]


class CompileArguments(TypedDict, total=False):
    """The keyword arguments of `compile`; the package describes them."""

    ref: str
    tag: bool
    source: str
    variables: Mapping[str, str]
    masked: Collection[str]
    predefined: Mapping[str, str]
    inputs: Mapping[str, Any]
    own_file: IncludeSource | None
    read_local: ReadLocal
    read_project: ReadProject
    find_component: FindComponent
    find_template: FindTemplate
    read_remote: ReadRemote
    read_artifact: ReadArtifact
    changed_files: ChangedFiles
    list_files: ListFiles
    list_project_files: ListProjectFiles
    evaluate_rules: bool


def no_component(address: str) -> ComponentFile:
    raise CannotInclude(f"there are no components here, so {quote(address)} cannot be included")


def no_template(name: str) -> tuple[str, str, str]:
    raise CannotInclude(f"there are no templates here, so {quote(name)} cannot be included")


def no_remote(url: str, integrity: str) -> str:
    raise CannotInclude(f"{quote(url)} lies outside, and files of other servers are not included here")


def no_artifact(job: str, path: str) -> str | None:
    raise CannotInclude("an `artifact` can be included by `trigger` only: it is there when its job has run")


@dataclass(slots=True)
class CompileContext:
    """The arguments of `compile`, with the files and changes that were read so far."""

    ref: str = "main"
    tag: bool = False
    source: str = "push"
    variables: Mapping[str, str] = field(default_factory=dict)
    masked: Collection[str] = ()
    predefined: Mapping[str, str] = field(default_factory=dict)
    inputs: Mapping[str, Any] = field(default_factory=dict)
    own_file: IncludeSource | None = None
    read_local: ReadLocal = lambda path: None
    read_project: ReadProject = lambda project, ref, path: None
    find_component: FindComponent = no_component
    find_template: FindTemplate = no_template
    read_remote: ReadRemote = no_remote
    read_artifact: ReadArtifact = no_artifact
    changed_files: ChangedFiles = lambda compare_to: None
    list_files: ListFiles = lambda: ()
    list_project_files: ListProjectFiles = lambda project, ref: None
    evaluate_rules: bool = True
    budget: Budget = field(default_factory=Budget)
    problems: Problems = field(default_factory=Problems)
    verdicts: list[Verdict] = field(default_factory=list)
    _changed: dict[str | None, FileNames | None] = field(default_factory=dict)
    _files: FileNames | None = None
    _files_elsewhere: dict[tuple[str, str], FileNames | None] = field(default_factory=dict)
    _referring: set[str] | None = None
    _contents: dict[str, str | None] = field(default_factory=dict)
    _remote_contents: dict[tuple[str, str], str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.masked:
            self.problems.redact = redactor(self.variables.get(key, "") for key in self.masked)

    def values(self, *layers: Mapping[str, str]) -> Mapping[str, str]:
        """The variables for `$NAME`: those of the project and the request, then `layers`, then the predefined ones."""
        chain = (self.variables, *layers, self.predefined)
        return ChainMap(*(layer if isinstance(layer, dict) else dict(layer) for layer in chain))

    def find_cycle(self, own: Mapping[str, str]) -> list[str]:
        """Variables of a job, `own` or from around it, that name each other in a circle."""
        if self._referring is None:
            self._referring = {*referring(self.variables), *referring(self.predefined)}
        known = self.values(own)
        return find_cycle({key: known[key] for key in self._referring.union(referring(own))})

    def content(self, path: str) -> str | None:
        if path not in self._contents:
            self._contents[path] = self.read_local(path)
        return self._contents[path]

    def remote_content(self, url: str, integrity: str) -> str:
        """Raises CannotInclude."""
        if (url, integrity) not in self._remote_contents:
            self._remote_contents[url, integrity] = self.read_remote(url, integrity)
        return self._remote_contents[url, integrity]

    def any_changed(self, patterns: list[str], compare_to: str | None, values: Mapping[str, str], at: Location) -> bool:
        """Whether a changed file matches any pattern; true if there is nothing to compare with."""
        if compare_to not in self._changed:
            names = self.changed_paths(compare_to, at)
            self._changed[compare_to] = None if names is None else self.make_file_names(names, at)
        known = self._changed[compare_to]
        return known is None or any(self.match_files(known, pattern, values, at) for pattern in patterns)

    def changed_paths(self, compare_to: str | None, at: Location) -> Collection[str] | None:
        try:
            return self.changed_files(compare_to)
        except LookupError as error:
            raise at.under("compare_to").error(f"there is no branch, tag or commit {quote(compare_to)}.") from error

    def file_names(self, at: Location) -> FileNames:
        if self._files is None:
            self._files = self.make_file_names(self.list_files(), at)
        return self._files

    def files_of(self, project: str, ref: str, at: Location) -> FileNames | None:
        """As `files`, of another project (if `project` is not empty); None: it may not be read."""
        if not project:
            return self.file_names(at)
        if (project, ref) not in self._files_elsewhere:
            names = self.list_project_files(project, ref)
            self._files_elsewhere[project, ref] = None if names is None else self.make_file_names(names, at)
        return self._files_elsewhere[project, ref]

    def make_file_names(self, names: Collection[str], at: Location) -> FileNames:
        return FileNames(names, lambda characters: self.budget.scan(characters, at))

    def match_files(self, names: FileNames, pattern: str, values: Mapping[str, str], at: Location) -> list[str]:
        try:
            if is_unclosed(pattern):
                self.problems.warn(at, f"{quote(pattern)} matches no file: a bracket or brace in it is not closed.")
            return names.match(expand_known(pattern, expand_nested(pattern, values)).removeprefix("./"))
        except BadPattern as error:
            raise at.error(f"{error}.") from error
