"""YAML text to a tree that knows its lines, in one pass over the parser's events.

Bounded by construction: nothing recurses, an alias costs what it stands for, and depth counts through aliases.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import yaml

from jobs.config import limits
from jobs.config.errors import Mark, Place, Problems, described, quoted
from jobs.config.limits import Budget, weight
from jobs.config.scalars import plain
from jobs.config.tree import Map, Reference, Seq

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
STANDARD = "tag:yaml.org,2002:"
TEXT_TAGS = {"!", f"{STANDARD}str"}
PLAIN_TAGS = {f"{STANDARD}{kind}" for kind in ("int", "float", "bool", "null")}
CONTAINER_TAGS = {None, "!", f"{STANDARD}map", f"{STANDARD}seq"}
REFERENCE = "!reference"


def load(text: str, file: str, budget: Budget, problems: Problems) -> Map:
    """The map that the text is; small mistakes go to `problems`, unreadable text raises Invalid."""
    start = Place(Mark(file, 1))
    check_characters(text, start)
    builder = Builder(file, budget, problems)
    try:
        for event in yaml.parse(text, Loader=LOADER):
            builder.feed(event)
    except yaml.MarkedYAMLError as error:
        line = (error.problem_mark.line if error.problem_mark else 0) + 1
        raise Place(Mark(file, line)).wrong(f"this is not valid YAML: {reason(error)}.") from error
    except yaml.YAMLError as error:
        raise start.wrong("this is not valid YAML: it holds a character that must not be there.") from error
    if not isinstance(builder.root, Map):
        raise start.wrong("the file must be a map: keywords and jobs, each with a colon after its name.")
    return builder.root


def check_characters(text: str, at: Place) -> None:
    if len(text) > limits.FILE_CHARACTERS:
        raise at.wrong(f"the file is longer than {limits.FILE_CHARACTERS:,} characters; split it with `include`.")
    if problem := unstorable(text):
        raise at.wrong(f"the file {problem}.")


def unstorable(text: str) -> str:
    if "\0" in text:
        return "holds a NUL character"
    try:
        text.encode()
    except UnicodeEncodeError:
        return "holds half a character (a lone surrogate)"
    return ""


def reason(error: yaml.MarkedYAMLError) -> str:
    parts = [part for part in (error.context, error.problem) if part]
    hint = "; YAML is indented with spaces, not tabs" if "cannot start any token" in str(error.problem) else ""
    return " ".join(parts) + hint


@dataclass(slots=True)
class Frame:
    """A map or list that is not closed yet."""

    value: Map | Seq
    mark: Mark
    tag: str | None
    anchor: str | None
    key: str | None = None  # of a map, waiting for its value
    key_mark: Mark | None = None
    merging: bool = False  # the key was `<<`
    merges: list[Map] | None = None
    size: int = 1
    height: int = 1


@dataclass(frozen=True, slots=True)
class Built:
    value: Any
    size: int
    height: int = 0
    is_merge_key: bool = False


class Builder:
    def __init__(self, file: str, budget: Budget, problems: Problems) -> None:
        self.file = file
        self.budget = budget
        self.problems = problems
        self.root: Any = None
        self.stack: list[Frame] = []
        self.anchors: dict[str, Built] = {}
        self.documents = 0

    def feed(self, event: Any) -> None:
        handler = HANDLERS.get(type(event))
        if handler:
            handler(self, event, Mark(self.file, event.start_mark.line + 1))

    # ------------------------------------------------------------------ what the parser says

    def document(self, event: Any, mark: Mark) -> None:
        self.documents += 1
        if self.documents > 1:
            raise Place(mark).wrong("a second document (`---`) begins here; `spec:inputs` headers are not supported.")

    def alias(self, event: Any, mark: Mark) -> None:
        known = self.anchors.get(event.anchor)
        if known is None:
            raise Place(mark).wrong(f"the alias *{event.anchor} has no anchor &{event.anchor} above it.")
        self.attach(known, mark)

    def scalar(self, event: Any, mark: Mark) -> None:
        text = event.value
        self.check_scalar(event, mark)
        is_plain = event.tag in PLAIN_TAGS or (event.tag is None and event.implicit[0])
        built = Built(plain(text) if is_plain else text, weight(text), is_merge_key=is_plain and text == "<<")
        if event.anchor:
            self.anchors[event.anchor] = built
        self.attach(built, mark)

    def check_scalar(self, event: Any, mark: Mark) -> None:
        if problem := unstorable(event.value):
            self.note(mark, f"this text {problem}.")
        if event.tag is not None and event.tag not in TEXT_TAGS | PLAIN_TAGS:
            self.note(mark, f"the tag {quoted(event.tag)} is unknown; `!reference` is the only one.")

    def open_map(self, event: Any, mark: Mark) -> None:
        self.open(Frame(Map(mark), mark, event.tag, event.anchor))

    def open_list(self, event: Any, mark: Mark) -> None:
        self.open(Frame(Seq(mark), mark, event.tag, event.anchor))

    def open(self, frame: Frame) -> None:
        self.stack.append(frame)
        self.check_depth(0, frame.mark)
        if frame.tag not in CONTAINER_TAGS and (frame.tag != REFERENCE or isinstance(frame.value, Map)):
            self.note(frame.mark, f"the tag {quoted(frame.tag)} is unknown here; only `!reference [job, keyword]` is.")

    def close(self, event: Any, mark: Mark) -> None:
        frame = self.stack.pop()
        value: Any = frame.value
        if isinstance(value, Map):
            fill_in(value, frame.merges or [])
        elif frame.tag == REFERENCE:
            value = self.reference(value)
        built = Built(value, frame.size, frame.height)
        if frame.anchor:
            self.anchors[frame.anchor] = built
        self.attach(built, frame.mark, counted=True)

    def reference(self, path: Seq) -> Reference:
        if not path or not all(isinstance(part, str) for part in path):
            self.note(path.mark, "`!reference` needs a list of names, such as `!reference [.setup, script]`.")
        return Reference(tuple(str(part) for part in path), path.mark)

    # ------------------------------------------------------------------ where it belongs

    def attach(self, built: Built, mark: Mark, *, counted: bool = False) -> None:
        if not counted:
            self.budget.spend(built.size, mark)
        if not self.stack:
            self.root = built.value
            return
        frame = self.stack[-1]
        frame.size += built.size
        frame.height = max(frame.height, built.height + 1)
        self.check_depth(built.height, mark)
        if isinstance(frame.value, Seq):
            frame.value.put(built.value, mark)
        elif frame.key is None:
            self.key(frame, built, mark)
        else:
            self.entry(frame, frame.value, built.value, mark)

    def key(self, frame: Frame, built: Built, mark: Mark) -> None:
        frame.key, frame.key_mark, frame.merging = str(built.value), mark, built.is_merge_key
        if not isinstance(built.value, str):
            self.note(mark, f"{described(built.value)} cannot be a name here; put it in quotes to make it text.")

    def entry(self, frame: Frame, value: Map, item: Any, mark: Mark) -> None:
        key, key_mark = frame.key or "", frame.key_mark or mark
        frame.key = None
        if frame.merging:
            frame.merges = [*(frame.merges or []), *self.merge_sources(item, key_mark)]
        elif key in value:
            self.note(
                key_mark, f"{quoted(key)} stands here a second time; the first is on line {value.marks[key].line}."
            )
        else:
            value.put(key, item, key_mark)

    def merge_sources(self, item: Any, mark: Mark) -> list[Map]:
        sources = item if isinstance(item, Seq) else [item]
        if not all(isinstance(source, Map) for source in sources):
            self.note(mark, "`<<` merges maps only: write `<<: *name` or `<<: [*one, *two]`.")
        return [source for source in sources if isinstance(source, Map)]

    def check_depth(self, height: int, mark: Mark) -> None:
        if len(self.stack) + height > limits.DEPTH:
            raise Place(mark).wrong(f"maps and lists stand in each other deeper than {limits.DEPTH} levels.")

    def note(self, mark: Mark, text: str) -> None:
        self.problems.add(Place(mark).wrong(text))


def fill_in(value: Map, merges: list[Map]) -> None:
    """YAML's own merge: what the map says itself wins, then the first that says it."""
    for source in merges:
        for key in source:
            if key not in value:
                value.put(key, source[key], source.marks[key])


HANDLERS: dict[type, Callable[[Builder, Any, Mark], None]] = {
    yaml.DocumentStartEvent: Builder.document,
    yaml.AliasEvent: Builder.alias,
    yaml.ScalarEvent: Builder.scalar,
    yaml.MappingStartEvent: Builder.open_map,
    yaml.SequenceStartEvent: Builder.open_list,
    yaml.MappingEndEvent: Builder.close,
    yaml.SequenceEndEvent: Builder.close,
}
