"""What of these tests `make test` repeats on the second database."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.pure
pytest_plugins = ["pytester"]

FILE = """
    import pytest

    @pytest.mark.pure
    def test_pure(): pass

    @pytest.mark.once
    @pytest.mark.parametrize("case", "ab")
    def test_once(case): pass

    @pytest.mark.parametrize("case", "ab")
    def test_every_case(case): pass

    @pytest.mark.one_case
    @pytest.mark.parametrize("case", ["a[b]::c", "d"])
    @pytest.mark.parametrize("other", [1, 2])
    def test_one_case(case, other): pass

    @pytest.mark.one_case
    class TestOfAClass:
        @pytest.mark.parametrize("case", "ab")
        def test_one_case(self, case): pass

        def test_alone(self): pass
"""
EVERY_CASE = ["test_every_case[a]", "test_every_case[b]"]
ONE_CASE = ["test_one_case[1-a[b]::c]", "TestOfAClass::test_one_case[a]", "TestOfAClass::test_alone"]


@pytest.fixture
def tests_run(pytester: pytest.Pytester):
    pytester.makepyfile(FILE, test_some_pages="def test_a_page(): pass")
    pytester.makeini("[pytest]\nmarkers = pure\n once\n one_case\n")

    def run(*arguments: str) -> list[str]:
        plugins = ["-p", "no:django", "-p", "no:xdist", "-p", "tests.second_pass"]
        passed, _, _ = pytester.inline_run("-q", *plugins, *arguments).listoutcomes()
        return [report.nodeid.partition("::")[2] for report in passed]

    return run


def test_the_second_pass_repeats_what_a_database_can_change(tests_run):
    assert tests_run("--again") == [*EVERY_CASE, *ONE_CASE]


def test_the_first_pass_runs_everything(tests_run):
    assert len(tests_run()) == 1 + 2 + 2 + 4 + 2 + 1 + 1
