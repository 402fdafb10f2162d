"""The map of the house: three rings, and imports only point inwards.

    heart   tokenaccess/policy: may they? Standard library only.
    body    models, querysets, services …  audit < blobs < identity < projects < jobs < tokenaccess < resources.*
    skin    what people and programs touch: api/, views, forms, admin, urls, GraphQL, commands, the portal.

config/ routes to all of it. A skin uses any body, but no other app's skin: what two skins share moves into a body or
into SHARED below.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.pure

ROOT = Path(__file__).resolve().parent.parent
HEART = "tokenaccess.policy"
BODY = ["audit", "blobs", "identity", "projects", "jobs", "tokenaccess", "resources"]  # from the inside out
FURNITURE = ["graph", "portal"]
FRAME = "config"
SKIN_ROOMS = {
    "admin", "api", "context", "drf", "formats", "forms", "graph", "management", "middleware", "page_urls", "plain",
    "runner_api", "templatetags", "urls", "views", "web",
}  # fmt: skip
# The adapters that bring the one decision, one manner of answering and one look to every skin.
SHARED = {
    "tokenaccess.drf", "tokenaccess.plain", "tokenaccess.web",
    "config.params", "config.paging", "config.rest", "config.secret_parameters",
    "identity.api.shapes", "projects.api.shapes",
    "portal.forms", "portal.listing", "portal.states",
    "graph.connections", "graph.context", "graph.places", "identity.graph",
}  # fmt: skip
# The one place that sees every kind of credential looks sideways by design.
SIDEWAYS = {("identity.resolve", "jobs.models"), ("identity.resolve", "tokenaccess.load")}
LONGEST_FILE = 400


def test_imports_only_point_inwards():
    wrong = [
        f"{importer} imports {imported}"
        for importer, path in modules().items()
        for imported in imports(importer, path)
        if not may_import(importer, imported)
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    ("importer", "imported", "allowed"),
    [
        (HEART + ".rules", "dataclasses", True),
        (HEART + ".rules", "django.db", False),
        (HEART + ".rules", "projects.models", False),
        ("projects.models", "django.db", True),
        ("projects.models", "identity.models", True),
        ("projects.models", "jobs.models", False),
        ("projects.models", HEART + ".actions", True),
        ("projects.services", "projects.views", False),
        ("projects.services", "tokenaccess.web", False),
        ("projects.urls", "projects.views", True),
        ("projects.views", "tokenaccess.web", True),
        ("projects.api.views", "resources.packages.models", True),
        ("projects.api.views", "jobs.api.views", False),
        ("resources.packages.models", "resources.repositories.models", False),
        ("resources.packages.models", "tokenaccess.gate", True),
        ("identity.resolve", "jobs.models", True),
        ("identity.resolve", "jobs.services", False),
        ("graph.schema", "tokenaccess.graph", True),
        ("graph.schema", "tokenaccess.views", False),
        ("tokenaccess.graph", "projects.graph", False),
        ("jobs.models", "config.settings", False),
        ("config.urls", "jobs.views", True),
    ],
)
def test_the_rule_itself(importer: str, imported: str, allowed: bool):
    assert may_import(importer, imported) is allowed


def test_no_file_holds_more_than_one_can_read():
    long = {
        str(path.relative_to(ROOT)): lines
        for folder in [*BODY, *FURNITURE, FRAME, "scripts", "bench", "templates", "tests"]
        for path in (ROOT / folder).rglob("*")
        if path.suffix in {".py", ".html"} and "migrations" not in path.parts
        if (lines := len(path.read_text().splitlines())) > LONGEST_FILE
    }
    assert not long


def may_import(importer: str, imported: str) -> bool:
    """The rule, for dotted module names such as `projects.api.views`."""
    ours = imported.split(".")[0] in {*BODY, *FURNITURE, FRAME}
    if ring(importer) == "heart":
        return ring(imported) == "heart" if ours else imported.split(".")[0] in sys.stdlib_module_names
    if not ours or ring(importer) == "frame" or ring(imported) == "heart" or (importer, imported) in SIDEWAYS:
        return True
    if ring(importer) == "body":
        return ring(imported) == "body" and (app(imported) == app(importer) or rank(imported) < rank(importer))
    gathers = app(importer) == "graph" and imported.endswith(".graph")
    return ring(imported) == "body" or app(imported) == app(importer) or imported in SHARED or gathers


def ring(module: str) -> str:
    if f"{module}.".startswith(f"{HEART}."):
        return "heart"
    if app(module) == FRAME:
        return "frame"
    return "skin" if app(module) in FURNITURE or SKIN_ROOMS.intersection(module.split(".")[1:]) else "body"


def app(module: str) -> str:
    """`projects`, or for resources the kind too: `resources.packages`."""
    parts = module.split(".")
    return ".".join(parts[:2]) if parts[0] == "resources" else parts[0]


def rank(module: str) -> int:
    return BODY.index(module.split(".")[0])


def modules() -> dict[str, Path]:
    """Every module of ours that is not a migration, by its dotted name."""
    found = {}
    for folder in [*BODY, *FURNITURE, FRAME]:
        for path in sorted((ROOT / folder).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            if "migrations" not in parts:
                found[".".join(parts).removesuffix(".__init__")] = path
    return found


def imports(module: str, path: Path) -> Iterator[str]:
    """What a module imports, anywhere in it, as full names of modules."""
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text(), filename=str(path))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            source = ".".join([*above, *([node.module] if node.module else [])])
            for alias in node.names:
                name = f"{source}.{alias.name}"
                yield name if is_module(name) else source


def is_module(name: str) -> bool:
    path = ROOT.joinpath(*name.split("."))
    return path.with_suffix(".py").exists() or (path / "__init__.py").exists()
