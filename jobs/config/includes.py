"""`include`: other files below this one, nested. Included files come first, the including file on top of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from jobs.config import limits
from jobs.config.errors import Place, Problems, Stop, described, listed, quoted
from jobs.config.expansion import expand
from jobs.config.globs import SPECIAL
from jobs.config.loader import load, unstorable
from jobs.config.rules import OF_AN_INCLUDE, first_match, reader
from jobs.config.shapes import Reader, fields, list_of, name, text
from jobs.config.tree import Map, Seq, merged
from jobs.config.world import World

KINDS = "`local`, or `project` with `file`"
NOT_HERE = ("remote", "template", "component", "artifact", "inputs", "cache", "integrity")


@dataclass(frozen=True, slots=True)
class Source:
    """A file to include: of the pipeline's own commit, or of another project (`ref` "" = its default branch)."""

    path: str
    project: str = ""
    ref: str = ""

    @property
    def label(self) -> str:
        return f"{self.project}{'@' if self.ref else ''}{self.ref}:{self.path}" if self.project else self.path


OWN_FILE = Source("")


def included(tree: Map, world: World, problems: Problems) -> Map:
    """The tree with every `include` filled in; a file that cannot be included is told and left out."""
    return Includer(world, problems).filled(tree, OWN_FILE, ())


class Includer:
    def __init__(self, world: World, problems: Problems) -> None:
        self.world = world
        self.problems = problems
        self.count = 0

    def filled(self, tree: Map, origin: Source, above: tuple[Source, ...]) -> Map:
        if "include" not in tree:
            return tree
        result = Map(tree.mark)
        for entry, at in entries(tree["include"], Place(tree.marks["include"], keyword="include")):
            with self.problems.noted():
                for source in self.sources(entry, at, origin):
                    result = merged(result, self.read(source, at, (*above, origin)), self.world.budget)
        return merged(result, tree.without("include"), self.world.budget)

    def read(self, source: Source, at: Place, above: tuple[Source, ...]) -> Map:
        if source in above:
            raise at.wrong(
                f"the files include each other in a circle: {listed([s.label for s in above[1:]] + [source.label])}."
            )
        self.count += 1
        if self.count > limits.INCLUDES:
            raise Stop(at.sentence(f"more than {limits.INCLUDES} files are included."))
        content = self.content(source)
        if content is None:
            raise at.wrong(missing(source))
        return self.filled(load(content, source.label, self.world.budget, self.problems), source, above)

    def content(self, source: Source) -> str | None:
        if source.project:
            return self.world.read_project(source.project, source.ref, source.path)
        return self.world.content(source.path)

    # ------------------------------------------------------------------ what one entry names

    def sources(self, entry: Any, at: Place, origin: Source) -> list[Source]:
        found = shape(entry, at)
        values = self.world.values()
        if "rules" in found:
            rule = first_match(found["rules"], self.world, values)
            if rule is None or rule.says.get("when") == "never":
                return []
        if "local" in found:
            path = path_of(expand(found["local"], values), at)
            return [Source(each, origin.project, origin.ref) for each in self.local(path, at, origin)]
        project = expand(found["project"], values)
        ref = expand(found.get("ref", ""), values)
        if problem := unstorable(project + ref):
            raise at.wrong(f"the name {problem}.")
        return [Source(path_of(expand(path, values), at), project, ref) for path in found["file"]]

    def local(self, path: str, at: Place, origin: Source) -> list[str]:
        """The files a path with `*` stands for, in order; a path without stands for itself."""
        if not SPECIAL.search(path):
            return [path]
        if origin.project:
            raise at.wrong(f"{quoted(path)} holds a wildcard, which works only for files of the project itself.")
        found = self.world.matching(self.world.files(at), path, {}, at)
        if not found:
            raise at.wrong(f"no file matches {quoted(path)}.")
        return [each for each in found if each.endswith((".yml", ".yaml"))]


INCLUDE: dict[str, Reader[Any]] = {
    "local": text,
    "project": name,
    "ref": name,
    "file": list_of(text, single=True, most=limits.INCLUDES),
    "rules": reader(OF_AN_INCLUDE),
}


def entries(value: Any, at: Place) -> list[tuple[Any, Place]]:
    if isinstance(value, Seq):
        return [(item, at.on(mark)) for item, mark in zip(value, value.marks, strict=True)]
    return [] if value is None else [(value, at)]


def shape(entry: Any, at: Place) -> dict[str, Any]:
    if isinstance(entry, str):
        within(entry, at)
        return {"local": text(entry, at)}
    if not isinstance(entry, Map):
        raise at.wrong(f"{described(entry)} should be a path, or a map with {KINDS}.")
    found = fields(entry, at, INCLUDE, later=NOT_HERE)
    if set(found) - {"rules", "ref"} not in ({"local"}, {"project", "file"}) or {"local", "ref"} <= set(found):
        raise at.wrong(f"name either {KINDS}.")
    return found


def within(path: str, at: Place) -> None:
    """Raises Invalid for the address of another server's file."""
    if path.startswith(("http://", "https://")):
        raise at.wrong(f"{quoted(path)} lies outside; files from other servers are not included, only {KINDS}.")


def path_of(path: str, at: Place) -> str:
    """From the top of the repository, without its leading slash."""
    cleaned = path.removeprefix("/").removeprefix("./")
    if ".." in cleaned.split("/") or unstorable(cleaned):
        raise at.wrong(f"{quoted(path)} should be a path from the top of the repository, without `..`.")
    if not cleaned.endswith((".yml", ".yaml")):
        raise at.wrong(f"{quoted(path)} should end in .yml or .yaml.")
    return cleaned


def missing(source: Source) -> str:
    if not source.project:
        return f"there is no file {quoted(source.path)} in the repository."
    where = f"{quoted(source.project)}{f' at {quoted(source.ref)}' if source.ref else ''}"
    return f"there is no file {quoted(source.path)} in the project {where}, or you may not read it."
