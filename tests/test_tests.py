"""Every test asserts something, itself or through a helper, and its name is a sentence that stands alone."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.test_architecture import ROOT

pytestmark = pytest.mark.pure

# Whose name is read without a class around it says nothing with one of these in the place of the subject.
PRONOUNS = {"it", "its", "they", "them", "their", "this", "these", "those", "is", "are"}
# These point at the test before: at another subject, or at what it did.
CONNECTIVES = {"so", "nor", "and", "both", "or"}
BACKWARD = re.compile(r".*_(too|either|as_well|likewise|(?<!_say_)(?<!_says_)so)")
CALLS_THAT_ASSERT = {"raises", "fail", "django_assert_num_queries", "django_assert_max_num_queries"}


def test_names_of_tests_stand_alone():
    assert not [f"{path}: {name}" for path, name in names() if is_fragment(name)]
    in_classes = [
        test.name for tree in modules().values() for test in definitions(tree) if test.name.startswith("test_")
    ]
    assert not [name for name in in_classes if points_back(name)]


def test_every_test_asserts_something():
    helpers = functions()
    found = [
        f"{path}: {test.name}"
        for path, tree in modules().items()
        if path.name.startswith("test_")
        for test in definitions(tree)
        if test.name.startswith("test_") and not asserts(test, helpers, set())
    ]
    assert not found


def test_nothing_takes_the_place_of_what_every_test_begins_with():
    """A fixture of the same name would: its tests would run with dear passwords, and in the data folder of all."""
    places = [path.relative_to(ROOT).as_posix() for path, tree in modules().items() for _ in stages(tree)]
    assert places == ["tests/conftest.py"]


@pytest.mark.parametrize(
    ("name", "fragment"),
    [
        ("test_it_expires", True),
        ("test_roles", True),
        ("test_is_revoked", True),
        ("test_a_device_code_expires", False),
        ("test_nobody_else_may", False),
        ("test_nor_when_the_key_is_old", True),
        ("test_a_group_has_the_page_too", True),
        ("test_jobs_get_the_one_that_is_called_so", True),
        ("test_an_empty_file_says_so", False),
        ("test_what_a_person_takes_with_them_is_kept", False),
    ],
)
def test_fragments_differ_from_sentences(name: str, fragment: bool):
    assert is_fragment(name) is fragment


def test_a_test_without_an_assertion_is_noticed():
    tree = ast.parse("def helper(): assert 1\ndef test_a(): helper()\ndef test_b(): print(1)\ndef test_c(): test_b()")
    known = {function.name: [function] for function in definitions(tree)}
    found = {name: asserts(function, known, set()) for name, (function,) in known.items()}
    assert found == {"helper": True, "test_a": True, "test_b": False, "test_c": False}


def stages(tree: ast.AST) -> list[ast.FunctionDef]:
    return [function for function in definitions(tree) if function.name == "_stage"]


def is_fragment(name: str) -> bool:
    _, *words = name.split("_")
    return len(words) < 2 or words[0] in PRONOUNS | CONNECTIVES or points_back(name)


def points_back(name: str) -> bool:
    return BACKWARD.fullmatch(name) is not None


def names() -> Iterator[tuple[Path, str]]:
    """Of the tests outside classes; a class gives its tests their subject."""
    for path, tree in modules().items():
        for node in tree.body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                yield path.relative_to(ROOT), node.name


def asserts(function: ast.FunctionDef, helpers: dict[str, list[ast.FunctionDef]], visited: set[str]) -> bool:
    """Itself, or a function of that name anywhere in the tests."""
    called = set()
    for node in ast.walk(function):
        match node:
            case ast.Assert() | ast.Raise(exc=ast.Call(func=ast.Name(id="AssertionError"))):
                return True
            case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name)):
                called.add(name)
    visited |= {function.name}
    return bool(called & CALLS_THAT_ASSERT) or any(
        asserts(helper, helpers, visited) for name in called - visited for helper in helpers.get(name, ())
    )


def functions() -> dict[str, list[ast.FunctionDef]]:
    """By name, all of the tests and what helps them."""
    found = defaultdict(list)
    for tree in modules().values():
        for function in definitions(tree):
            found[function.name].append(function)
    return found


def definitions(tree: ast.AST) -> Iterator[ast.FunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


@cache
def modules() -> dict[Path, ast.Module]:
    return {path: ast.parse(path.read_text()) for path in sorted((ROOT / "tests").rglob("*.py"))}
