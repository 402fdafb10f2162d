"""Findings on the lists of groups: whose they are, who may mend them, and what a project below reads of them."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from audit.models import AuditEvent
from identity.models import today
from projects.models import Group
from tests.factories import people, projects
from tests.factories.cast import Cast
from tests.support.posture import findings, list_entry, wide_group_list_entry
from tests.support.token_access import RULES, text
from tokenaccess.models import AuthorizationRecord, GroupAllowlistEntry, GroupRule
from tokenaccess.policy.levels import Role, Visibility

PAGE = f"{RULES}/posture"
GROUP_PAGE = "/groups/acme/-/posture"
ON_LIST = "acme on the list of group acme"


@pytest.fixture
def inner(cast: Cast) -> Group:
    return projects.group("inner", parent=cast.acme, by=cast.owner)


def test_a_list_is_looked_at_from_its_group_from_above_and_from_below(cast: Cast, inner: Group) -> None:
    home = projects.project("home", group=inner, by=cast.owner)
    other = projects.project("other", group=projects.group("far", by=cast.owner), by=cast.owner)
    list_entry(cast, inner, target_project=cast.app)
    places: dict[str, Any] = {"instance": None, "acme": cast.acme, "inner": inner, "home": home}
    places |= {"library": cast.library, "other": other, "far": other.group}
    reached = {name for name, place in places.items() if "group_list_entry_without_end" in findings(place)}
    assert reached == {"instance", "acme", "inner", "home"}
    GroupAllowlistEntry.objects.update(group=cast.acme)
    reached = {name for name, place in places.items() if "group_list_entry_without_end" in findings(place)}
    assert reached == {"instance", "acme", "inner", "home", "library"}


def test_who_has_no_rights_in_the_group_reads_of_it_without_a_button(cast: Cast, browser: Any, api: Any) -> None:
    wide_group_list_entry(cast)
    entry = GroupAllowlistEntry.objects.get()
    shown = text(browser(cast.maintainer).get(PAGE))
    assert ON_LIST in shown
    assert "Set by a group above" in shown
    assert "Narrow to what was used" not in shown
    assert f"/groups/acme/-/settings/token_access/entries/{entry.pk}" not in shown
    key = {"check": "wide_group_list_entry", "subject_id": entry.pk}
    path = f"/token_access/projects/{cast.library.pk}/posture"
    row = api(cast.maintainer).get(path).json()[0]
    assert (row["check"], row["path"], row["inherited"]) == ("wide_group_list_entry", "acme", True)
    assert api(cast.maintainer).post(f"{path}/fixes", key).status_code == 403
    accepting = {**key, "reason": "why not", "until": str(today())}
    assert api(cast.maintainer).post(f"{path}/accepted", accepting).status_code == 403
    assert GroupAllowlistEntry.objects.get().default_permissions
    owned = text(browser(cast.owner).get(PAGE))
    assert "Narrow to what was used" in owned
    assert f"/groups/acme/-/settings/token_access/entries/{entry.pk}" in owned


def test_the_owner_narrows_it_to_what_was_used_below(cast: Cast, inner: Group, browser: Any, api: Any) -> None:
    wide_group_list_entry(cast)
    entry = GroupAllowlistEntry.objects.get()
    home = projects.project("home", group=inner, by=cast.owner)
    AuthorizationRecord.objects.create(
        accessed_project=home, origin_project=cast.app, last_authorized_at=timezone.now(),
        used={"read_packages": "2026-01-01T00:00:00Z"},
    )  # fmt: skip
    page, key = browser(cast.owner), {"check": "wide_group_list_entry", "subject": entry.pk}
    assert "permission stays, which its jobs used:" in text(page.post(f"{GROUP_PAGE}/fix", key))
    assert "Done: " in text(page.post(f"{GROUP_PAGE}/fix", {**key, "confirmed": "1"}, follow=True))
    entry.refresh_from_db()
    assert (entry.default_permissions, entry.permissions) == (False, ["read_packages"])
    assert api(cast.owner).get(f"/token_access/groups/{cast.acme.pk}/posture").json() == []


def test_what_is_accepted_for_the_group_is_accepted_in_its_projects(cast: Cast, browser: Any) -> None:
    wide_group_list_entry(cast)
    key = {"check": "wide_group_list_entry", "subject": GroupAllowlistEntry.objects.get().pk}
    until = today() + timedelta(days=5)
    browser(cast.owner).post(f"{GROUP_PAGE}/accept", {**key, "reason": "one team", "until": until})
    assert findings(cast.library) == findings(cast.acme) == {}
    event = AuditEvent.objects.get(event="job_token_finding_accepted")
    assert (event.target_type, event.target_path) == ("group", "acme")
    assert "Accepted by owner" in text(browser(cast.maintainer).get(f"{PAGE}?accepted=yes"))


def test_a_use_anywhere_below_counts_as_one(cast: Cast, inner: Group) -> None:
    list_entry(cast, target_group=cast.acme, expires_at=today() + timedelta(days=9))
    list_entry(cast, inner, target_project=cast.app, expires_at=today() + timedelta(days=9))
    GroupAllowlistEntry.objects.update(created_at=timezone.now() - timedelta(days=40), default_permissions=False)
    assert len(findings(None)["unused_group_list_entry"]) == 2
    AuthorizationRecord.objects.create(
        accessed_project=cast.library, origin_project=cast.app, last_authorized_at=timezone.now()
    )
    assert findings(None)["unused_group_list_entry"] == ["acme/app on the list of group acme/inner"]


def test_the_ceiling_of_a_group_cuts_the_lists_below_it_and_not_its_own(cast: Cast, inner: Group) -> None:
    far = projects.group("far", by=cast.owner)
    list_entry(cast, inner, target_group=far)
    assert findings(None).keys() == {"wide_group_list_entry", "group_list_entry_without_end"}
    GroupRule.objects.filter(group=inner).update(has_ceiling=True)
    assert findings(None).keys() == {"wide_group_list_entry", "group_list_entry_without_end"}
    GroupRule.objects.update_or_create(group=cast.acme, defaults={"has_ceiling": True})
    assert findings(None) == {}
    list_entry(cast, target_group=far, default_permissions=False, permissions=["read_jobs"])
    assert "wide_group_list_entry" not in findings(None)
    assert len(findings(None)["group_list_entry_without_end"]) == 2


def test_a_group_above_that_the_reader_may_not_see_is_not_named(cast: Cast, inner: Group, api: Any) -> None:
    home = projects.project("home", group=inner, by=cast.owner)
    guest = people.person("visitor")
    projects.member(guest, home, Role.MAINTAINER)
    Group.objects.update(visibility=Visibility.PRIVATE)
    list_entry(cast, target_project=cast.app)
    rows = api(guest).get(f"/token_access/projects/{home.pk}/posture").json()
    said = [(row["subject"], row["path"]) for row in rows if row["check"] == "group_list_entry_without_end"]
    assert said == [("a hidden project on the list of a hidden group", "")]


def test_the_files_and_the_command_list_them(cast: Cast, api: Any, capsys: pytest.CaptureFixture[str]) -> None:
    list_entry(cast, target_project=cast.app)
    export = f"/token_access/groups/{cast.acme.pk}/posture/export"
    rows = list(csv.DictReader(io.StringIO(api(cast.owner).get(f"{export}?format=csv").content.decode())))
    assert [(row["check"], row["project_or_group"]) for row in rows] == [("group_list_entry_without_end", "acme")]
    results = api(cast.owner).get(export).json()["runs"][0]["results"]
    assert [result["ruleId"] for result in results] == ["group_list_entry_without_end"]
    call_command("posture", "--group", "acme", "--check", "group_list_entry_without_end")
    assert "acme/app on the list of group acme: Entry of a group's list that never ends" in capsys.readouterr().out
