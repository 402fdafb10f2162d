"""How far the posture page counts, and which projects a scope has."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest

from projects.models import Group, Project
from tests.factories import projects
from tests.factories.cast import Cast
from tests.support.token_access import text
from tokenaccess.models import AllowlistEntry
from tokenaccess.posture import scope
from tokenaccess.posture.report import Filters, Report
from tokenaccess.posture.scope import Scope
from tokenaccess.views import posture


@pytest.fixture
def entries(cast: Cast) -> list[AllowlistEntry]:
    """Three without an end."""
    others = [cast.app, *(projects.project(name, group=cast.acme, by=cast.owner) for name in ("one", "two"))]
    return [AllowlistEntry.objects.create(project=cast.library, target_project=other) for other in others]


def test_a_page_counts_some_of_each_check_and_says_so(
    cast: Cast, entries: list[AllowlistEntry], browser: Any, api: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(posture, "MAX_COUNT", 2)
    admin = browser(cast.admin)
    shown = text(admin.get("/-/posture?check=entry_without_end"))
    assert shown.count('<span class="soft">2+</span>') == 2
    assert "Entry that never ends (2+)" in shown
    assert "Entry that was never used (0)" in shown
    assert "Of a check this page counts and lists the first 2 findings. There are more of:" in shown
    assert "Entry that never ends." in shown
    assert shown.count('name="subject"') == 2
    files = re.findall(r'href="([^"]*/export[^"]*)">(?:CSV|SARIF)', html.unescape(shown))
    assert [path.count("check=entry_without_end") for path in files] == [1, 1]
    assert len(admin.get(files[0]).content.decode().splitlines()) == 1 + 3
    assert len(admin.get(files[1]).json()["runs"][0]["results"]) == 3
    asked = api(cast.admin).get("/token_access/instance/posture?check=entry_without_end&per_page=2")
    assert (len(asked.json()), asked["X-Total"]) == (2, "3")
    monkeypatch.setattr(posture, "MAX_COUNT", 3)
    shown = text(admin.get("/-/posture"))
    assert "Entry that never ends (3)" in shown
    assert "+</span>" not in shown
    assert "There are more of:" not in shown


def test_what_is_not_for_a_page_counts_all(entries: list[AllowlistEntry]) -> None:
    report = Report(Scope(None), None, Filters())
    assert (len(report), report.length_text, len(list(report.all()))) == (3, "3", 3)


def test_a_group_of_many_projects_is_looked_at_as_one_of_few(
    cast: Cast, entries: list[AllowlistEntry], monkeypatch: pytest.MonkeyPatch
) -> None:
    few = [one.key for one in Report(Scope(cast.acme), None)]
    monkeypatch.setattr(scope, "MAX_IDS", 1)
    assert [one.key for one in Report(Scope(cast.acme), None)] == few
    assert len(few) == 3


def test_a_project_that_is_being_deleted_has_no_findings(cast: Cast, entries: list[AllowlistEntry]) -> None:
    Project.objects.filter(pk=cast.library.pk).update(pending_deletion=True)
    assert list(Report(Scope(Project.objects.get(pk=cast.library.pk)), None)) == []
    assert list(Report(Scope(Group.objects.get(pk=cast.acme.pk)), None)) == []
