"""Loads YAML text into a tree with line numbers, in one pass over the parser's events.

Values, tags, duplicate keys and merges have the meaning they have for Psych, with which GitLab reads CI files.
Surprising ones lead to a warning. The size of the result is bounded: nothing recurses, an alias costs as much as its
value, and depth counts through aliases.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import yaml

from ci_config import limits
from ci_config.document.scalars import BadScalar, Scalar, as_text, plain_value
from ci_config.document.tree import Reference, YamlList, YamlMap
from ci_config.errors import Invalid, Location, Mark, Problems, describe, quote
from ci_config.limits import Budget, text_weight
from text.yaml_loader import LOADER

STANDARD = "tag:yaml.org,2002:"
TEXT_TAGS = {"!str", f"{STANDARD}str"}
FLOAT_TAGS = {"!float", f"{STANDARD}float"}
KNOWN_TAGS = {
    "!", *TEXT_TAGS, *FLOAT_TAGS, *(f"{STANDARD}{kind}" for kind in ("int", "bool", "null", "timestamp", "map", "seq"))
}  # fmt: skip
# Tags for which Psych creates other kinds of objects; it ignores all others.
OBJECT_TAG = re.compile(r"!ruby/|!(str|seq|map):|(!|tag:yaml\.org,2002:)(binary|set|omap)$")
YES_NO_WORDS = re.compile(r"yes|no|on|off", re.IGNORECASE)
REFERENCE = "!reference"


HEADER_KEYWORD = "spec"
MAX_DOCUMENTS = 2


@dataclass(frozen=True, slots=True)
class LoadedFile:
    """The documents of a file: `header` holds `spec`, and `body` the rest. `block`: where `$[[` stands first."""

    header: YamlMap | None
    body: YamlMap
    block: Mark | None = None


def load(text: str, file: str, budget: Budget, problems: Problems) -> LoadedFile:
    """Load the maps in `text`. Small mistakes go to `problems`; raises Invalid if the text cannot be parsed."""
    start = Location(Mark(file, 1))
    check_characters(text, start)
    builder = TreeBuilder(file, budget, problems)
    try:
        for event in yaml.parse(text, Loader=LOADER):
            builder.feed(event)
    except yaml.MarkedYAMLError as error:
        at = Location(Mark(file, (error.problem_mark.line if error.problem_mark else 0) + 1))
        if "maximum nesting depth" in str(error.problem):  # the parser's own bound, which is beyond ours
            raise depth_error(at) from error
        raise at.error(f"this is not valid YAML: {yaml_problem(error)}.") from error
    except yaml.YAMLError as error:
        raise start.error("this is not valid YAML: it holds a character that must not be there.") from error
    return LoadedFile(*split_documents(builder.roots, start), builder.block)


def split_documents(roots: list[ParsedRoot], start: Location) -> tuple[YamlMap | None, YamlMap]:
    """The header, if the first document is one, and the body. Raises Invalid."""
    first = roots[0] if roots else ParsedRoot(None, start.mark)
    is_header = isinstance(first.value, YamlMap) and HEADER_KEYWORD in first.value
    if len(roots) > 1 and not is_header:
        raise Location(roots[1].mark).error(
            "a second document (`---`) begins here; only a header with `spec` may stand before `---`."
        )
    if len(roots) > MAX_DOCUMENTS:
        raise Location(roots[2].mark).error("a third document (`---`) begins here; a file has a header and one more.")
    if is_header and len(roots) == 1:
        if extra := [key for key in first.value if key != HEADER_KEYWORD]:
            raise Location(first.value.marks[extra[0]]).error(
                "`spec` is a header; a line `---` has to stand between it and what follows."
            )
        return first.value, YamlMap(first.mark)
    body = roots[-1] if roots else first
    if not isinstance(body.value, YamlMap):
        if is_header and body.value is None:
            return first.value, YamlMap(body.mark)
        raise start.on(body.mark if is_header else start.mark).error(
            "the file must be a map: keywords and jobs, each with a colon after its name."
        )
    return first.value if is_header else None, body.value


def depth_error(at: Location) -> Invalid:
    return at.error(f"maps and lists stand in each other deeper than {limits.MAX_DEPTH} levels.")


def check_characters(text: str, at: Location) -> None:
    if len(text) > limits.MAX_FILE_CHARACTERS:
        raise at.error(f"the file is longer than {limits.MAX_FILE_CHARACTERS:,} characters; split it with `include`.")
    if problem := encoding_problem(text):
        raise at.error(f"the file {problem}.")


def encoding_problem(text: str) -> str:
    if "\0" in text:
        return "holds a NUL character"
    try:
        text.encode()
    except UnicodeEncodeError:
        return "holds half a character (a lone surrogate)"
    return ""


def yaml_problem(error: yaml.MarkedYAMLError) -> str:
    parts = [part for part in (error.context, error.problem) if part]
    hint = "; YAML is indented with spaces, not tabs" if "cannot start any token" in str(error.problem) else ""
    return " ".join(parts) + hint


@dataclass(slots=True)
class Frame:
    """A map or list that is not closed yet."""

    value: YamlMap | YamlList
    mark: Mark
    tag: str | None
    anchor: str | None
    key: str | None = None  # the key of a map whose value comes next
    key_mark: Mark | None = None
    merging: bool = False  # the key was `<<`
    own: dict[str, Mark] = field(default_factory=dict)  # keys of the map itself, without merged ones
    size: int = 1
    height: int = 1


@dataclass(frozen=True, slots=True)
class ParsedRoot:
    """A document: what stands in it, and its first line."""

    value: Any
    mark: Mark


@dataclass(frozen=True, slots=True)
class ParsedNode:
    value: Any
    size: int
    height: int = 0
    is_merge_key: bool = False
    is_list_alias: bool = False


class TreeBuilder:
    def __init__(self, file: str, budget: Budget, problems: Problems) -> None:
        self.file = file
        self.budget = budget
        self.problems = problems
        self.roots: list[ParsedRoot] = []
        self.block: Mark | None = None
        self.stack: list[Frame] = []
        self.anchors: dict[str, ParsedNode | Frame] = {}  # a Frame is not closed yet

    def feed(self, event: Any) -> None:
        handler = HANDLERS.get(type(event))
        if handler:
            handler(self, event, Mark(self.file, event.start_mark.line + 1))

    # ------------------------------------------------------------------ what the parser says

    def on_document(self, event: Any, mark: Mark) -> None:
        self.anchors = {}

    def on_alias(self, event: Any, mark: Mark) -> None:
        known = self.anchors.get(event.anchor)
        if known is None or isinstance(known, Frame):
            end = "" if known is None else " whose value ends there"
            raise Location(mark).error(f"the alias *{event.anchor} has no anchor &{event.anchor} above it{end}.")
        self.attach(replace(known, is_list_alias=isinstance(known.value, YamlList)), mark)
        self.check_depth(known.height, mark)

    def on_scalar(self, event: Any, mark: Mark) -> None:
        self.check_scalar(event, mark)
        value = self.scalar_value(event, mark)
        is_merge_key = value == "<<" and event.tag not in TEXT_TAGS
        built = ParsedNode(value, text_weight(event.value), is_merge_key=is_merge_key)
        if event.anchor:
            self.anchors[event.anchor] = built
        self.attach(built, mark)

    def check_scalar(self, event: Any, mark: Mark) -> None:
        if self.block is None and "$[[" in event.value and "inputs." in event.value:
            self.block = mark
        # Only the escapes of double quotes can bring in what the file itself does not hold.
        if event.style == '"' and (problem := encoding_problem(event.value)):
            self.add_problem(mark, f"this text {problem}.")
        if event.tag == REFERENCE:
            self.add_problem(mark, "`!reference` needs a list of names, such as `!reference [.setup, script]`.")
        if event.tag is not None:
            self.check_tag(event.tag, mark)

    def check_tag(self, tag: str, mark: Mark) -> None:
        if tag in KNOWN_TAGS or tag == REFERENCE:
            return
        if OBJECT_TAG.match(tag):
            self.add_problem(mark, f"the tag {quote(tag)} makes what a CI file cannot hold; leave it out.")
        else:
            self.problems.warn(Location(mark), f"the tag {quote(tag)} is unknown and passed over; leave it out.")

    def scalar_value(self, event: Any, mark: Mark) -> Scalar:
        """The value of a scalar. Quoted text stays text, unless it has a tag: `!any "12"` is a number."""
        text: str = event.value
        if event.implicit[1] or event.tag in TEXT_TAGS:
            return text
        try:
            value = plain_value(text)
            if event.tag in FLOAT_TAGS:
                return float(value)  # type: ignore[arg-type]
        except BadScalar as error:
            self.add_problem(mark, f"{quote(text)} {error}.")
            return text
        except (ValueError, TypeError):
            self.add_problem(mark, f"{quote(text)} is no number, as its tag says.")
            return text
        if value != text:
            self.warn_about_conversion(text, value, mark)
        return value

    def warn_about_conversion(self, text: str, value: Scalar, mark: Mark) -> None:
        """Warn if a plain scalar has a value that reads differently; about “yes” and the like only within variables."""
        if isinstance(value, bool):
            if not YES_NO_WORDS.fullmatch(text) or all(
                frame.key not in ("variables", "matrix") for frame in self.stack
            ):
                return
        elif value is None or as_text(value) == text:
            return
        kind = "the number " if isinstance(value, (int, float)) and not isinstance(value, bool) else ""
        self.problems.warn(
            Location(mark),
            f"{quote(text)} without quotes is read as {kind}{quote(as_text(value))}; put it in quotes if it is a "
            "text, or write what it is read as.",
        )

    def open_map(self, event: Any, mark: Mark) -> None:
        self.open(Frame(YamlMap(mark), mark, event.tag, event.anchor))

    def open_list(self, event: Any, mark: Mark) -> None:
        self.open(Frame(YamlList(mark), mark, event.tag, event.anchor))

    def open(self, frame: Frame) -> None:
        self.stack.append(frame)
        if frame.anchor:
            self.anchors[frame.anchor] = frame
        self.check_depth(0, frame.mark)
        if frame.tag is not None:
            self.check_tag(frame.tag, frame.mark)
        if isinstance(frame.value, YamlMap) and frame.tag in {REFERENCE, *TEXT_TAGS}:
            self.add_problem(
                frame.mark,
                f"the tag {quote(frame.tag)} does not go with a map; only `!reference [job, keyword]` is a reference.",
            )

    def close(self, event: Any, mark: Mark) -> None:
        frame = self.stack.pop()
        value: Any = frame.value
        if frame.tag == REFERENCE and isinstance(value, YamlList):
            value = self.reference(value)
        built = ParsedNode(value, frame.size, frame.height)
        if frame.anchor and self.anchors[frame.anchor] is frame:
            self.anchors[frame.anchor] = built
        self.attach(built, frame.mark, counted=True)

    def reference(self, path: YamlList) -> Reference:
        if not path or not all(isinstance(part, str) for part in path):
            self.add_problem(path.mark, "`!reference` needs a list of names, such as `!reference [.setup, script]`.")
        return Reference(tuple(str(part) for part in path), path.mark)

    # ------------------------------------------------------------------ where it belongs

    def attach(self, built: ParsedNode, mark: Mark, *, counted: bool = False) -> None:
        if not counted:
            self.budget.spend(built.size, mark)
        if not self.stack:
            self.roots.append(ParsedRoot(built.value, mark))
            return
        frame = self.stack[-1]
        frame.size += built.size
        frame.height = max(frame.height, built.height + 1)
        if isinstance(frame.value, YamlList):
            frame.value.put(built.value, mark)
        elif frame.key is None:
            self.set_key(frame, built, mark)
        else:
            self.set_entry(frame, frame.value, built, mark)

    def set_key(self, frame: Frame, built: ParsedNode, mark: Mark) -> None:
        frame.key, frame.key_mark, frame.merging = str(built.value), mark, built.is_merge_key
        if not isinstance(built.value, str):
            self.add_problem(mark, f"{describe(built.value)} cannot be a name here; put it in quotes to make it text.")

    def set_entry(self, frame: Frame, value: YamlMap, built: ParsedNode, mark: Mark) -> None:
        key, key_mark = frame.key or "", frame.key_mark or mark
        frame.key = None
        if frame.merging:
            self.set_merge(frame, value, self.merge_sources(built, key_mark), key_mark)
            return
        if key in frame.own:
            self.problems.warn(
                Location(key_mark),
                f"{quote(key)} stands here a second time, and takes the place of all that line "
                f"{frame.own[key].line} says.",
            )
        frame.own[key] = key_mark
        value.put(key, built.value, key_mark)

    def set_merge(self, frame: Frame, value: YamlMap, sources: list[YamlMap], mark: Mark) -> None:
        """Merge maps at the position of `<<`:

        they override keys before it and are overridden by keys after it. Of several maps the first wins.
        """
        for source in reversed(sources):
            for key, item in source.items():
                if key in frame.own and value[key] != item:
                    self.problems.warn(
                        Location(mark),
                        f"`<<` takes the place of {quote(key)} in line {frame.own[key].line}, because it stands below "
                        "it; what is to win over `<<` stands after it.",
                    )
                value.put(key, item, source.marks[key])

    def merge_sources(self, built: ParsedNode, mark: Mark) -> list[YamlMap]:
        sources = built.value if isinstance(built.value, YamlList) and not built.is_list_alias else [built.value]
        if not all(isinstance(source, YamlMap) for source in sources):
            self.add_problem(mark, "`<<` merges maps only: write `<<: *name` or `<<: [*one, *two]`.")
        return [source for source in sources if isinstance(source, YamlMap)]

    def check_depth(self, height: int, mark: Mark) -> None:
        """For whatever goes deeper: a map or list that opens, and an alias, which stands for one of that height."""
        if len(self.stack) + height > limits.MAX_DEPTH:
            raise depth_error(Location(mark))

    def add_problem(self, mark: Mark, text: str) -> None:
        self.problems.add(Location(mark).error(text))


HANDLERS: dict[type, Callable[[TreeBuilder, Any, Mark], None]] = {
    yaml.DocumentStartEvent: TreeBuilder.on_document,
    yaml.AliasEvent: TreeBuilder.on_alias,
    yaml.ScalarEvent: TreeBuilder.on_scalar,
    yaml.MappingStartEvent: TreeBuilder.open_map,
    yaml.SequenceStartEvent: TreeBuilder.open_list,
    yaml.MappingEndEvent: TreeBuilder.close,
    yaml.SequenceEndEvent: TreeBuilder.close,
}
