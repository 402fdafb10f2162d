"""Names say what a thing is in the field's terms: docs/glossary.md has the words, this test the ones we do not use."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.test_architecture import PACKAGES, ROOT

pytestmark = pytest.mark.pure

FOLDERS = [*PACKAGES, "scripts", "bench", "tests"]
# Metaphors and words of our own; the glossary says what each is called instead.
PRIVATE_WORDS = set(
    "along crowd deed door doors furniture hearing heard hopeless impostor knock loose meeting standing standings told "
    "unheard".split()
)
PRIVATE_PHRASES = ("let_go", "let_in", "let_out", "shut_out", "kept_in", "came_in", "went_out", "hand_over", "tidy_up")
# A function of this name alone reads as a question (`checked(x)`), not as what it does. With a noun behind it the word
# is an adjective (`stored_variables`), and so are the methods of querysets (`artifacts.stored()`).
PARTICIPLES = set(
    "applied asked built checked chosen compiled counted described done drawn expanded filled filtered found "
    "given held joined kept listed loaded made marked merged named narrowed ordered paged parsed picked placed "
    "planned prepared quoted reached redacted refused resolved rewritten saved sealed seen sent served settled "
    "shortened shown stored taken tested thrown turned used wanted worded written".split()
)
# So does any other single word that ends in `ed`. A property is a field, and may: `token.expired`. The rules and the
# wrappers of decorators have their names from the design.
ENDS_LIKE_A_PARTICIPLE = re.compile(r".+[^e]ed")
OF_THE_DESIGN = {"located", "scoped", "admitted", "declared", "permitted", "enabled", "entitled", "gated", "speed"}
PROPERTY = re.compile(r"property|strawberry.*field|admin\.display|admin\.action")
LIMITS = re.compile(r"_?(MOST|LONGEST|LEAST|LARGEST|FEWEST|SHORTEST|SHOWN)(_.+)?")  # MAX_…, MIN_…, …_LIMIT
WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+")


def test_names_are_the_fields_terms():
    assert not [f"{place}: {name}" for place, name, kind in names() if is_private(name, kind)]


@pytest.mark.parametrize(
    ("name", "kind", "private"),
    [
        ("error_response", "function", False),
        ("told", "function", True),
        ("told_of", "function", True),
        ("TokenAccessDoor", "class", True),
        ("stored_variables", "function", False),
        ("_checked", "function", True),
        ("_rendered", "function", True),
        ("rendered_page", "function", False),
        ("expired", "property", False),
        ("admitted", "function", False),
        ("feed", "function", False),
        ("checked", "variable", False),
        ("came_in", "variable", True),
        ("MAX_NAME_LENGTH", "variable", False),
        ("LONGEST_NAME", "variable", True),
        ("understanding", "function", False),
        ("test_a_stored_variable_is_masked", "test", False),
        ("test_refused", "test", False),
        ("test_a_runner_is_told_what_to_bring", "test", True),
        ("test_a_job_is_let_in", "test", True),
    ],
)
def test_the_word_list_tells_private_names_from_the_fields(name: str, kind: str, private: bool):
    assert is_private(name, kind) is private


def is_private(name: str, kind: str) -> bool:
    words = [word.lower() for word in WORD.findall(name)]
    question = kind == "function" and len(words) == 1 and is_participle(words[0])
    question |= kind == "property" and len(words) == 1 and words[0] in PARTICIPLES
    return bool(
        PRIVATE_WORDS.intersection(words)
        or any(phrase in name for phrase in PRIVATE_PHRASES)
        or LIMITS.fullmatch(name)
        or question
    )


def is_participle(word: str) -> bool:
    ends_so = ENDS_LIKE_A_PARTICIPLE.fullmatch(word) is not None and word not in OF_THE_DESIGN
    return word in PARTICIPLES or ends_so


def names() -> Iterator[tuple[str, str, str]]:
    """Where, what and of which kind: every name that our modules define, but for the methods of querysets.

    The name of a test is a sentence, in which a participle is as good as any word."""
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            if "migrations" not in path.parts:
                querysets = path.stem in {"querysets", "filters"}
                for node, name, kind in definitions(path):
                    if not (querysets and kind in {"function", "property"}):
                        yield f"{path.relative_to(ROOT)}:{node.lineno}", name, kind


def kind_of(node: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    if node.name.startswith("test_"):
        return "test"
    return "property" if is_property(node) else "function"


def is_property(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Of a model or of its column in the administration."""
    return any(PROPERTY.search(ast.unparse(decorator)) for decorator in node.decorator_list)


def definitions(path: Path) -> Iterator[tuple[ast.stmt | ast.arg | ast.Name, str, str]]:
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield node, name, kind_of(node)
            case ast.ClassDef(name=name):
                yield node, name, "class"
            case ast.arg(arg=name):
                yield node, name, "argument"
            case ast.Name(id=name, ctx=ast.Store()):
                yield node, name, "variable"
