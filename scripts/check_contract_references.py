"""Checks that every reference to a document leads somewhere; `make check` calls it.

Checked, in code, comments, templates and documents:
- sections: `runner.md` and a section sign with a number, also lists and ranges of them. The document is in
  docs/contract/, docs/ or the root, and has a heading of that number. A section sign with no document in front of it
  means the document that contains it, if its headings are numbered, else the one named before it, on the same line or
  the line above;
- decisions: `contract/README.md` followed by "decision" and a number of its list;
- documents named without quotes, such as docs/benchmark.md;
- in Markdown: relative links (the file exists, and has a heading for the anchor), paths of code such as
  `projects/paths.py` or `projects/models/`, and names of tests.

Prints `file:line: what does not resolve`. Exit status 0: everything resolves.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Where a name without a path is looked for, in this order.
HOMES = ("docs/contract", "docs", ".")
# Files whose references are examples that resolve only in their own tests.
EXAMPLES = {"tests/test_contract_references.py", "tests/pages/test_markdown.py", "tests/portal/test_readme.py"}
TEXTS = {".css", ".graphql", ".html", ".js", ".md", ".py", ".sh", ".sql", ".toml", ".txt", ".yml", ""}

_SIGN = "\N{SECTION SIGN}"
_NUMBER = r"\d+(?:\.\d+)*"
_REFERENCE = re.compile(
    r"(?P<document>[\w./-]*[\w-]\.md\b)"
    rf"|{_SIGN}\s?(?P<first>{_NUMBER})?(?:\s?[–-]\s?{_SIGN}?(?P<last>{_NUMBER}))?"
    r"|\b[Dd]ecisions? (?P<decisions>\d+(?:(?:, | and |, and |–)\d+)*)"
)
# What may lie between a document's name and its section, or between the sections of a list.
_BETWEEN = re.compile(r"[`\s#*,;/]*(?:and|or|to)?[`\s#*]*")
_HEADING = re.compile(rf"#+ (?P<title>(?:(?P<number>{_NUMBER})\.? )?.*)")
_FENCE = re.compile(r"^(?:```|~~~).*?^(?:```|~~~)", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`[^`\n]*`")
_PATH = re.compile(r"(?<![\w/.<…-])(?:[\w-]+/)+[\w-]+\.py\b|(?<=`)(?:[\w-]+/)+(?=`)")
_TEST = re.compile(r"(?<=`)test_\w+(?=`)")
_LINK = re.compile(r"\[[^\[\]]*\]\((?P<target>[^)\s]+)[^)\n]*\)")


@dataclass(frozen=True)
class Document:
    """What can be referred to in one Markdown file."""

    path: Path
    sections: frozenset[str]
    anchors: frozenset[str]
    decisions: frozenset[str]


@cache
def read_document(path: Path) -> Document:
    text = _FENCE.sub("", path.read_text())
    headings = [found for line in text.splitlines() if (found := _HEADING.match(line))]
    listed = text.partition("\n## Decisions\n")[2].partition("\n## ")[0]
    return Document(
        path,
        sections=frozenset(heading["number"] for heading in headings if heading["number"]),
        anchors=frozenset(_anchors(heading["title"] for heading in headings)),
        decisions=frozenset(re.findall(r"^(\d+)\. ", listed, re.MULTILINE)),
    )


def _anchors(titles: Iterable[str]) -> Iterator[str]:
    """The ids that GitHub and GitLab give headings: of equal ones the second ends in `-1`, and so on."""
    seen: dict[str, int] = {}
    for title in titles:
        anchor = re.sub(r"[^\w -]", "", title.strip().lower()).replace(" ", "-")
        count = seen[anchor] = seen.get(anchor, -1) + 1
        yield f"{anchor}-{count}" if count else anchor


def find_document(root: Path, name: str) -> Document | None:
    """By its name alone, or by a path whose beginning may be left out: `contract/README.md`."""
    while name.startswith(("../", "./")):
        name = name.partition("/")[2]
    for home in HOMES:
        path = root / home / name
        if path.is_file():
            return read_document(path.resolve())
    return None


@dataclass
class TextCheck:
    """The references of one file."""

    root: Path
    path: Path
    text: str
    problems: list[tuple[int, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.own = read_document(self.path.resolve()) if self.path.suffix == ".md" else None
        # The document named last, and where its name or its latest section ends.
        self.named = ""
        self.named_end = 0

    def run(self) -> list[tuple[int, str]]:
        """The number of the line and what is wrong there."""
        for found in _REFERENCE.finditer(self.text):
            if found["document"]:
                self.check_name(found)
                self.named, self.named_end = found["document"], found.end()
            elif found["decisions"]:
                self.check_decisions(found)
            else:
                self.check_section(found)
        if self.own:
            self.check_links()
            self.check_code()
        return self.problems

    def report(self, offset: int, problem: str) -> None:
        self.problems.append((self.line_of(offset), problem))

    def line_of(self, offset: int) -> int:
        return self.text.count("\n", 0, offset) + 1

    def is_attached(self, offset: int) -> bool:
        """Whether a document was named just before: nothing else lies between."""
        between = self.text[self.named_end : offset]
        return bool(self.named) and between != "" and _BETWEEN.fullmatch(between) is not None

    def check_name(self, found: re.Match[str]) -> None:
        """Names in quotes are data; a path is one of ours when it begins as ours do."""
        name = found["document"]
        unquoted = found.start() == 0 or self.text[found.start() - 1] in " \n("
        ours = "/" not in name or name.startswith(("docs/", "contract/"))
        if self.path.suffix != ".md" and unquoted and ours and find_document(self.root, name) is None:
            self.report(found.start(), f"there is no document {name}")

    def check_section(self, found: re.Match[str]) -> None:
        if not found["first"]:
            self.report(found.start(), f"no number follows the {_SIGN}")
            return
        document, name = self.document_for(found.start())
        if document is None:
            problem = f"there is no document {name}" if name else "no document is named before it, here or a line above"
            self.report(found.start(), f"{found.group()}: {problem}")
        else:
            for number in filter(None, (found["first"], found["last"])):
                if number not in document.sections:
                    where = document.path.relative_to(self.root.resolve())
                    self.report(found.start(), f"{where} has no section {number}")
        if self.is_attached(found.start()):
            self.named_end = found.end()

    def document_for(self, offset: int) -> tuple[Document | None, str]:
        """What a section belongs to, and the name it was found by."""
        near = self.line_of(offset) - self.line_of(self.named_end) <= 1
        if self.is_attached(offset) or (self.named and near and not (self.own and self.own.sections)):
            return find_document(self.root, self.named), self.named
        return (self.own, "") if self.own and self.own.sections else (None, "")

    def check_decisions(self, found: re.Match[str]) -> None:
        document = find_document(self.root, self.named) if self.is_attached(found.start()) else None
        if document is None or not document.decisions:
            self.report(found.start(), f"{found.group()}: say whose, as in contract/README.md {found.group()}")
            return
        for number in re.findall(r"\d+", found["decisions"]):
            if number not in document.decisions:
                self.report(found.start(), f"{document.path.relative_to(self.root.resolve())} has no decision {number}")

    def check_links(self) -> None:
        plain = _CODE.sub(lambda code: " " * len(code.group()), _blank_fences(self.text))
        for found in _LINK.finditer(plain):
            target, _, anchor = found["target"].partition("#")
            if re.match(r"[a-z][a-z0-9+.-]*:", target):
                continue
            path = self.path.parent / target if target else self.path
            if not path.exists():
                self.report(found.start(), f"the link leads nowhere: {found['target']}")
            elif anchor and (path.suffix != ".md" or anchor not in read_document(path.resolve()).anchors):
                self.report(found.start(), f"the link's heading is missing: {found['target']}")

    def check_code(self) -> None:
        """Paths count from the root. A folder that is not ours is left alone: it may be one of the data."""
        for found in _PATH.finditer(self.text):
            is_ours = found.group().endswith(".py") or (self.root / found.group().split("/")[0]).is_dir()
            if is_ours and not (self.root / found.group()).exists():
                self.report(found.start(), f"there is no {found.group()}")
        for found in _TEST.finditer(self.text):
            if found.group() not in test_names(self.root):
                self.report(found.start(), f"there is no test {found.group()}")


@cache
def test_names(root: Path) -> frozenset[str]:
    """Every test function of the repository."""
    texts = (path.read_text() for path in (root / "tests").rglob("test_*.py"))
    return frozenset(name for text in texts for name in re.findall(r"def (test_\w+)", text))


def _blank_fences(text: str) -> str:
    """Offsets and lines stay as they are."""
    return _FENCE.sub(lambda fence: re.sub(r"[^\n]", " ", fence.group()), text)


def check(root: Path, paths: Iterable[Path]) -> list[str]:
    """`file:line: problem` for every reference in `paths` that does not resolve."""
    problems = []
    for path in sorted(paths):
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            continue
        problems += [f"{path.relative_to(root)}:{line}: {what}" for line, what in TextCheck(root, path, text).run()]
    return problems


def repository_texts(root: Path) -> list[Path]:
    """Every text that git knows or would add, without what others wrote."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root,
        capture_output=True,
        check=True,
        text=True,
    ).stdout.split("\0")
    paths = [root / name for name in listed if name and name not in EXAMPLES and "vendor" not in Path(name).parts]
    return [path for path in paths if path.suffix in TEXTS and path.is_file() and not path.is_symlink()]


def main() -> int:
    problems = check(ROOT, repository_texts(ROOT))
    for problem in problems:
        print(problem)
    if problems:
        print(f"{len(problems)} references do not resolve.", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
