"""The map of the house: three rings, and imports only point inwards.

    heart   tokenaccess/policy: may they? Standard library only. ci_config: the compiler of CI files. text: numbers
            and moments as text, tables as CSV. outages: which errors are one. server: the HTTP server under the WSGI
            application. outbound: which addresses of other servers may be asked.
    body    models, querysets, services …
            audit < blobs < identity < signing < projects < tokenaccess.access < tokens < ssh_keys < jobs < oauth
            < tokenaccess < resources.* < hooks
    skin    what people and programs touch: api/, views, forms, admin, urls, GraphQL, commands, the portal.

config/ routes to all of it. A skin uses any body, but no other app's skin: what two skins share moves into a body or
into SHARED below.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.pure

ROOT = Path(__file__).resolve().parent.parent
HEART = "tokenaccess.policy"
# What a pure package may import besides the standard library and itself.
PURE: dict[str, set[str]] = {
    HEART: set(), "ci_config": {"yaml", "re2", HEART, "text"}, "text": {"yaml"}, "server": {"granian"},
    "outages": {"django"}, "outbound": set(),
}  # fmt: skip
# From the inside out. What decides access is below what runs jobs; what edits and shows the limits is above it.
BODY = [
    "audit", "blobs", "tokenaccess.access.sql.prepared", "identity", "signing", "projects",
    "tokenaccess.access.id_or_path", "tokenaccess.querysets", "tokenaccess.models", "tokenaccess.access", "tokens",
    "ssh_keys", "jobs", "oauth", "tokenaccess", "resources", "hooks",
]  # fmt: skip
SURFACES = ["graph", "portal", "setup"]
TOOLKITS = ["api", "pages"]  # shared rooms of the skins: one way to read a parameter, to page a list, to show a state
FRAME = "config"
PACKAGES = sorted({name.split(".")[0] for name in [*PURE, *BODY, *SURFACES, *TOOLKITS, FRAME]})
SKIN_ROOMS = {
    "adapters", "admin", "api", "formats", "forms", "graph", "management", "page_urls", "refusals", "responses",
    "runner_api", "templatetags", "urls", "views",
}  # fmt: skip
# The adapters that bring the one decision, one manner of answering and one look to every skin.
SHARED = {
    "identity.api.serializers",
    "projects.api.serializers",
    "projects.api.repository_serializers",
    "identity.graph",
}
SHARED_ROOMS = ("tokenaccess.adapters", *TOOLKITS)
# A queryset names the models of its own app.
SIDEWAYS = {("tokenaccess.querysets", "tokenaccess.models")}
# Packages that import each other, and why they may. A pair that is not here must not come to be.
MUTUAL = {
    ("identity", "projects"): "a person and their personal namespace are created, renamed and deleted together",
    ("identity", "tokenaccess"): "its pages and API ask the gate; the gate resolves credentials",
    ("projects", "tokenaccess"): "its pages and API ask the gate; the check reads projects and roles",
    ("jobs", "tokenaccess"): "jobs ask the gate; the access log and the pages of refusals name jobs",
    ("tokenaccess", "tokens"): "its pages and API ask the gate; the posture report finds tokens without an end",
    ("jobs", "projects"): "the API and the page of a commit show its pipelines",
}
MAX_PAIRS = 6
MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 40  # without its decorators
MAX_TEMPLATE_COLUMNS = 160
MAX_ROOT_MODULES = 12  # besides __init__.py
# What stands at the root beside the packages. A file of somebody's trial, with a token in it perhaps, is none of it.
AT_ROOT = {
    ".ci", ".gitignore", "Makefile", "README.md", "bench", "constraints.txt", "deploy", "docs", "locale", "manage.py",
    "pyproject.toml", "requirements-dev.txt", "requirements-fuzz.txt", "requirements.txt", "scripts", "static",
    "templates", "tests",
}  # fmt: skip


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
        ("ci_config.compiler", HEART + ".narrowing", True),
        ("ci_config.compiler", "tokenaccess.models", False),
        ("projects.models", "django.db", True),
        ("projects.models", "identity.models", True),
        ("projects.models", "jobs.models", False),
        ("projects.models", HEART + ".actions", True),
        ("projects.services", "projects.views", False),
        ("projects.services", "tokenaccess.adapters.pages", False),
        ("projects.urls", "projects.views", True),
        ("projects.views", "tokenaccess.adapters.pages", True),
        ("projects.api.views", "resources.packages.models", True),
        ("projects.api.views", "jobs.api.views", False),
        ("resources.packages.models", "resources.repositories.models", False),
        ("resources.packages.models", "tokenaccess.access.gate", True),
        ("identity.credentials.resolve", "jobs.models", False),
        ("identity.credentials.resolve", "jobs.services", False),
        ("graph.schema", "tokenaccess.graph", True),
        ("graph.schema", "tokenaccess.views", False),
        ("tokenaccess.graph", "projects.graph", False),
        ("jobs.models", "config.settings", False),
        ("config.urls", "jobs.views", True),
    ],
)
def test_the_import_rule_itself_finds_what_breaks_it(importer: str, imported: str, allowed: bool):
    assert may_import(importer, imported) is allowed


def test_packages_import_each_other_only_for_a_stated_reason():
    edges = {
        (package(importer), package(imported))
        for importer, path in modules().items()
        for imported in imports(importer, path)
        if package(imported) in PACKAGES
    }
    assert {(a, b) for a, b in edges if a < b and (b, a) in edges} == set(MUTUAL)
    assert len(MUTUAL) <= MAX_PAIRS


@pytest.mark.parametrize("name", PACKAGES)
def test_no_package_is_over_a_third_of_the_house(name: str):
    lines = dict.fromkeys(PACKAGES, 0)
    for module, path in modules().items():
        lines[package(module)] += len(path.read_text().splitlines())
    scripts = sum(len(path.read_text().splitlines()) for path in (ROOT / "scripts").glob("*.py"))
    assert lines[name] * 3 <= sum(lines.values()) + scripts


@pytest.mark.parametrize("name", PACKAGES)
def test_the_root_of_a_package_can_be_read_at_a_glance(name: str):
    assert len([path for path in (ROOT / name).glob("*.py") if path.stem != "__init__"]) <= MAX_ROOT_MODULES


def test_no_file_holds_more_than_one_can_read():
    long = {
        str(path.relative_to(ROOT)): lines
        for folder in [*PACKAGES, "scripts", "bench", "templates", "tests"]
        for path in (ROOT / folder).rglob("*")
        if path.suffix in {".py", ".html"} and "migrations" not in path.parts
        if (lines := len(path.read_text().splitlines())) > MAX_FILE_LINES
    }
    assert not long


def test_no_function_is_longer_than_one_can_read_at_a_glance():
    assert not [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for folder in (*PACKAGES, "bench", "scripts", "tests")
        for path in (ROOT / folder).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno >= MAX_FUNCTION_LINES
    ]


def test_no_template_line_is_too_long_for_a_diff():
    long = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in (ROOT / "templates").rglob("*.html")
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if len(line) > MAX_TEMPLATE_COLUMNS
    ]
    assert not long


def test_no_template_writes_a_table_by_hand():
    by_hand = [
        str(path.relative_to(ROOT))
        for path in (ROOT / "templates").rglob("*.html")
        if re.search("<(table|thead|th|td)[ >]", path.read_text())
        and path.name != "change_list_results.html"  # around cells that Django's administration has made
    ]
    assert not by_hand, f"Use the tags of portal/templatetags/tables.py in {by_hand}."


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="This is no clone.")
def test_nothing_is_at_the_root_that_does_not_belong_there():
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert {path.split("/")[0] for path in listed.split("\0") if path} == AT_ROOT | set(PACKAGES)


def may_import(importer: str, imported: str) -> bool:
    """The rule, for dotted module names such as `projects.api.views`."""
    ours = imported.split(".")[0] in PACKAGES
    if pure := pure_package(importer):
        known = any(within(imported, name) for name in {pure, *PURE[pure]})
        return known or imported.split(".")[0] in sys.stdlib_module_names
    if not ours or ring(importer) == "frame" or pure_package(imported) or (importer, imported) in SIDEWAYS:
        return True
    if ring(importer) == "body":
        return ring(imported) == "body" and rank(imported) <= rank(importer) and beside(importer, imported)
    gathers = app(importer) == "graph" and imported.endswith(".graph")
    shared = imported in SHARED or imported.startswith(SHARED_ROOMS)
    return ring(imported) == "body" or app(imported) == app(importer) or shared or gathers


def beside(importer: str, imported: str) -> bool:
    """The kinds of resources do not know each other."""
    return app(importer) == app(imported) or {package(importer), package(imported)} != {"resources"}


def pure_package(module: str) -> str | None:
    return next((name for name in PURE if within(module, name)), None)


def within(module: str, name: str) -> bool:
    return f"{module}.".startswith(f"{name}.")


def ring(module: str) -> str:
    if pure_package(module):
        return "heart"
    if app(module) == FRAME:
        return "frame"
    skin = package(module) in {*SURFACES, *TOOLKITS} or SKIN_ROOMS.intersection(module.split(".")[1:])
    return "skin" if skin else "body"


def package(module: str) -> str:
    return module.split(".")[0]


def app(module: str) -> str:
    """`projects`, or for resources the kind too: `resources.packages`."""
    parts = module.split(".")
    return ".".join(parts[:2]) if parts[0] == "resources" else parts[0]


def rank(module: str) -> int:
    """Where the longest of BODY that holds the module stands in it."""
    return max((len(name), at) for at, name in enumerate(BODY) if within(module, name))[1]


def modules() -> dict[str, Path]:
    """Every module of ours that is not a migration, by its dotted name."""
    found = {}
    for folder in PACKAGES:
        for path in sorted((ROOT / folder).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            if "migrations" not in parts:
                found[".".join(parts).removesuffix(".__init__")] = path
    return found


def imports(module: str, path: Path) -> Iterator[str]:
    """What a module imports, anywhere in it, as full names of modules."""
    here = module if path.name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text(), filename=str(path))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = here.split(".")[: len(here.split(".")) - node.level + 1] if node.level else []
            source = ".".join([*above, *([node.module] if node.module else [])])
            for alias in node.names:
                name = f"{source}.{alias.name}"
                yield name if is_module(name) else source


def is_module(name: str) -> bool:
    path = ROOT.joinpath(*name.split("."))
    return path.with_suffix(".py").exists() or (path / "__init__.py").exists()
