"""The contract and the code name the same endpoints for a job's token (job-token.md §7), and what is said to be missing
is missing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tokenaccess.adapters.endpoints import endpoints
from tokenaccess.management.commands.endpoints import table
from tokenaccess.policy.needs import NEEDS
from tokenaccess.policy.permissions import Permission, covers

pytestmark = pytest.mark.once

ROOT = Path(__file__).resolve().parent.parent
CONTRACT = (ROOT / "docs" / "contract" / "job-token.md").read_text()
PREFIXES = {"P/": "/api/v4/projects/:/", "V/": "/api/v4/"}
METHOD = re.compile(r"GET|PUT|POST|DELETE|PATCH")


class Row(NamedTuple):
    method: str
    path: str
    role: str
    permission: str


def cells(text: str) -> Iterator[list[str]]:
    """Of each row of the tables; a table's head has no method."""
    for line in text.splitlines():
        if line.startswith("|"):
            yield [cell.strip() for cell in line.strip("|").split("|")]


def section(number: str) -> str:
    found = re.search(rf"^### {re.escape(number)} .*?(?=^##)", CONTRACT, re.MULTILINE | re.DOTALL)
    assert found
    return found[0]


def plain(path: str) -> str:
    """Whatever its parameters are called, and whether a slash ends it."""
    path, question, query = path.partition("?")
    for short, full in PREFIXES.items():
        path = full + path.removeprefix(short) if path.startswith(short) else path
    return re.sub(r":\w+", ":", path).rstrip("/") + question + query


def rows_of_contract(text: str) -> set[Row]:
    return {
        Row(method, plain(path), role, permission)
        for _, methods, paths, role, permission, _ in (row for row in cells(text) if METHOD.match(row[1]))
        for method in methods.split(", ")
        for path in re.findall("`([^`]+)`", paths)
    }


def rows_of_code(text: str) -> set[Row]:
    rows = (row for row in cells(text) if METHOD.match(row[0]))
    return {Row(method, plain(path.strip("`")), role, permission) for method, path, _, role, permission in rows}


class Absent(NamedTuple):
    method: str
    path: str
    permissions: str
    reason: str


def absent_rows() -> list[Absent]:
    return [
        Absent(method, plain(path), permissions, reason)
        for methods, paths, permissions, reason in (row for row in cells(section("7.2")) if METHOD.match(row[0]))
        for method in methods.split(", ")
        for path in re.findall("`([^`]+)`", paths)
    ]


def is_built(row: Absent, built: set[tuple[str, str]]) -> bool:
    """A path that ends in `*` stands for all that begins like it."""
    if row.path.endswith("*"):
        return any(method == row.method and path.startswith(row.path[:-1]) for method, path in built)
    return (row.method, row.path) in built


def test_the_contract_and_the_code_have_the_same_rows():
    contract, code = rows_of_contract(section("7.1")), rows_of_code(table())
    assert len(code) > 100
    assert sorted(contract - code) == [], "in the contract alone, or with another role or permission"
    assert sorted(code - contract) == [], "in the code alone, or with another role or permission"


ROW = "| ★ | POST, PUT | `P/packages/pypi`, `V/x/:a` | Developer | `admin_packages` | |"


@pytest.mark.parametrize(
    ("generated", "differs"),
    [
        ("| POST | `/api/v4/projects/:project/packages/pypi` | publish | Developer | `admin_packages` |", False),
        ("| DELETE | `/api/v4/projects/:project/packages/pypi` | publish | Developer | `admin_packages` |", True),
        ("| POST | `/api/v4/projects/:project/packages/npm` | publish | Developer | `admin_packages` |", True),
        ("| POST | `/api/v4/projects/:project/packages/pypi` | publish | Maintainer | `admin_packages` |", True),
        ("| POST | `/api/v4/projects/:project/packages/pypi` | publish | Developer | `read_packages` |", True),
    ],
)
def test_rows_that_differ_in_anything_are_distinct(generated: str, differs: bool):
    contract = rows_of_contract(ROW)
    assert len(contract) == 4
    assert bool(rows_of_code(generated) - contract) is differs


def test_what_is_said_to_be_missing_is_missing():
    built = {(method, plain(endpoint.path)) for endpoint in endpoints() for method in endpoint.methods}
    assert ("GET", "/api/v4/projects/:/pipelines") in built
    assert [row for row in absent_rows() if is_built(row, built)] == []
    here = {(row.method, row.path) for row in rows_of_contract(section("7.1"))}
    assert [row for row in absent_rows() if is_built(row, here)] == []


def test_what_is_missing_is_named_once_and_with_a_reason():
    rows = absent_rows()
    assert len(rows) > 20
    assert all(row.reason for row in rows)
    assert len({(row.method, row.path) for row in rows}) == len(rows)


@pytest.mark.parametrize(
    ("row", "built", "expected"),
    [
        (Absent("GET", "/api/v4/projects/:/issues", "", ""), {("GET", "/api/v4/projects/:/issues")}, True),
        (Absent("GET", "/api/v4/projects/:/issues", "", ""), {("POST", "/api/v4/projects/:/issues")}, False),
        (Absent("GET", "/api/v4/projects/:/go/*", "", ""), {("GET", "/api/v4/projects/:/go/:/list")}, True),
    ],
)
def test_a_row_that_gets_built_is_noticed(row: Absent, built: set[tuple[str, str]], expected: bool):
    assert is_built(row, built) is expected


def test_every_permission_serves_a_row_or_is_named_among_the_missing():
    granted = {name for needs in NEEDS.values() if needs.jobs for name in needs.permissions}
    idle = {name for name in Permission if not any(covers(frozenset({name}), wanted) for wanted in granted)}
    named = {name for row in absent_rows() for name in re.findall("`([a-z_]+)`", row.permissions)}
    assert idle <= named
