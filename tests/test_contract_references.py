"""`make check` finds references to documents that lead nowhere, and leaves those alone that resolve."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.check_contract_references import check

pytestmark = pytest.mark.pure

RUNNER = """# Runner

## 2. Job request

### 2.3 Which job

## 3. While the job runs
"""

CONTRACT = """# Contract

## Decisions

1. **First.**
2. **Second.**

## Sources

3. Not a decision.
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with two documents of a contract."""
    folder = tmp_path / "docs" / "contract"
    folder.mkdir(parents=True)
    (folder / "runner.md").write_text(RUNNER)
    (folder / "README.md").write_text(CONTRACT)
    return tmp_path


def problems(root: Path, name: str, text: str) -> list[str]:
    """What is found in a file of that name and text, each without the name."""
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return [found.removeprefix(f"{name}:") for found in check(root, [path])]


@pytest.mark.parametrize(
    "text",
    [
        "# runner.md §2.3",
        "# runner.md §2, §2.3 and §3",
        "# runner.md §2–3",
        "# `runner.md` §2.3; and later §3",
        "# contract/runner.md §2, see\n# also §3",
        "# contract/README.md decisions 1 and 2",
        "# contract/README.md decision 2; runner.md §3",
        "# docs/contract/runner.md says how",
        'name = "docs/somewhere/else.md"',
    ],
)
def test_references_that_resolve_are_no_problem(root: Path, text: str) -> None:
    assert problems(root, "code.py", text) == []


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("\n# runner.md §2.4", "2: docs/contract/runner.md has no section 2.4"),
        ("# runner.md §2, §7", "1: docs/contract/runner.md has no section 7"),
        ("# runner.md §2.3–2.9", "1: docs/contract/runner.md has no section 2.9"),
        ("# walker.md §2", "1: §2: there is no document walker.md"),
        ("# the rules of §2.3", "1: §2.3: no document is named before it, here or a line above"),
        ("# runner.md\n\n# the rules of §2.3", "3: §2.3: no document is named before it, here or a line above"),
        ("# runner.md §n", "1: no number follows the §"),
        ("# contract/README.md decision 3", "1: docs/contract/README.md has no decision 3"),
        ("# decision 1", "1: decision 1: say whose, as in contract/README.md decision 1"),
        ("# see docs/walker.md", "1: there is no document docs/walker.md"),
    ],
)
def test_a_reference_that_leads_nowhere_is_named_with_its_line(root: Path, text: str, problem: str) -> None:
    assert problem in problems(root, "code.py", text)


def test_a_document_with_numbered_sections_cites_its_own_by_number(root: Path) -> None:
    assert problems(root, "docs/tokens.md", "## 1. Kinds\n\nAs in §1, unlike runner.md §2.3.\n") == []
    assert problems(root, "docs/tokens.md", "## 1. Kinds\n\nSee §2.\n") == ["3: docs/tokens.md has no section 2"]


@pytest.mark.parametrize(
    "link", ["contract/runner.md", "contract/runner.md#23-which-job", "#the-page", "contract/", "https://example.com/x"]
)
def test_links_to_files_and_headings_are_no_problem(root: Path, link: str) -> None:
    assert problems(root, "docs/page.md", f"# The page\n\n[text]({link})\n") == []


@pytest.mark.parametrize(
    ("link", "problem"),
    [
        ("runner.md", "3: the link leads nowhere: runner.md"),
        ("contract/runner.md#2-3", "3: the link's heading is missing: contract/runner.md#2-3"),
        ("#a-page", "3: the link's heading is missing: #a-page"),
        ("/docs/contract/runner.md", "3: the link leads nowhere: /docs/contract/runner.md"),
    ],
)
def test_a_link_to_no_file_or_heading_is_named_with_its_line(root: Path, link: str, problem: str) -> None:
    assert problems(root, "docs/page.md", f"# The page\n\n[text]({link})\n") == [problem]


def test_links_in_examples_of_code_are_no_links(root: Path) -> None:
    assert problems(root, "docs/page.md", "`[text](nowhere.md)`\n\n```\n[text](nowhere.md)\n```\n") == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("`tests/jobs/test_queue.py` and `tests/jobs/`", []),
        ("tests/jobs/test_gone.py:", ["1: there is no tests/jobs/test_gone.py"]),
        ("`walker/walk.py`, `walker/`", ["1: there is no walker/walk.py"]),
        ("`tests/gone/`", ["1: there is no tests/gone/"]),
        ("`test_a_job_is_claimed_once`", []),
        ("\n`test_a_job_is_claimed_twice`", ["2: there is no test test_a_job_is_claimed_twice"]),
    ],
)
def test_documents_name_code_and_tests_that_exist(root: Path, text: str, found: list[str]) -> None:
    (root / "tests" / "jobs").mkdir(parents=True)
    (root / "tests" / "jobs" / "test_queue.py").write_text("def test_a_job_is_claimed_once() -> None: ...\n")
    assert problems(root, "docs/page.md", text) == found
