"""Entries of a group's list say what those of a project say: by REST, on their page, and in the rules file."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from audit.models import AuditEvent
from identity.models import today
from jobs.housekeeping import run_housekeeping
from tests.factories import projects
from tests.factories.cast import Cast
from tests.support.token_access import record_authorization, text
from tokenaccess.allowlist import services
from tokenaccess.models import AllowlistEntry, GroupAllowlistEntry

NEXT_YEAR = (today() + timedelta(days=365)).isoformat()
PAGE = "/groups/acme/-/settings/token_access"
FILE = """\
version: 1
group: acme
inbound:
  - project: acme/app
    permissions: [read_packages]
    reason: Builds everything
"""


@pytest.fixture
def entry(cast: Cast) -> GroupAllowlistEntry:
    return services.add_group_entry(cast.acme, cast.app, by=cast.owner)


def address(cast: Cast, entry: GroupAllowlistEntry, step: str = "") -> str:
    return f"/token_access/groups/{cast.acme.pk}/allowlist/{entry.pk}{step}"


def last_message() -> str:
    return AuditEvent.objects.latest("id").message


def test_an_entry_of_a_group_is_added_with_all_that_is_said_of_it(cast: Cast, api: Any) -> None:
    sent = {
        "target_project": "acme/app", "reason": "Builds", "owner": "Owner", "expires_at": NEXT_YEAR,
        "conditions": {"protected_refs": True}, "permissions": ["read_packages"],
    }  # fmt: skip
    answer = api(cast.owner).post(f"/token_access/groups/{cast.acme.pk}/allowlist", sent)
    body = answer.json()
    assert answer.status_code == 201, body
    assert (body["reason"], body["owner"], body["expires_at"]) == ("Builds", "owner", NEXT_YEAR)
    assert (body["conditions"], body["permissions"]) == ({"protected_refs": True}, ["read_packages"])
    assert api(cast.owner).get(address(cast, GroupAllowlistEntry.objects.get())).json() == body
    assert "in the list for all projects of acme" in last_message()


def test_an_entry_of_a_group_that_nobody_uses_in_any_project_below_fades(
    cast: Cast, api: Any, browser: Any, entry: GroupAllowlistEntry
) -> None:
    page, shown = browser(cast.owner), address(cast, entry)
    GroupAllowlistEntry.objects.update(created_at=timezone.now() - timedelta(days=120))
    assert "Fading: unused for 120 days" in text(page.get(PAGE))
    assert "It has admitted nobody for 120 days." in text(page.get(f"{PAGE}/entries/{entry.pk}"))
    assert api(cast.owner).get(shown).json()["unused"] is True
    record_authorization(cast.library, cast.app, days=3)
    assert "Fading: unused" not in text(page.get(PAGE))
    assert api(cast.owner).get(shown).json()["unused"] is False


def test_housekeeping_suspends_the_unused_entries_of_groups(cast: Cast, entry: GroupAllowlistEntry) -> None:
    services.add_group_entry(cast.acme, cast.acme, by=cast.owner)
    GroupAllowlistEntry.objects.filter(pk=entry.pk).update(created_at=timezone.now() - timedelta(days=120))
    services.change_instance_settings(by=cast.admin, suspend_unused_entries=True)
    assert run_housekeeping()["unused entries suspended"] == 1
    assert GroupAllowlistEntry.objects.get(suspended_at__isnull=False).target == cast.app


def test_an_entry_of_a_group_is_changed_suspended_restored_and_renewed(
    cast: Cast, api: Any, entry: GroupAllowlistEntry
) -> None:
    speak = api(cast.owner)
    changed = speak.put(address(cast, entry), {"reason": "x", "conditions": {"branches": ["main"]}}).json()
    assert (changed["id"], changed["reason"], changed["default_permissions"]) == (entry.pk, "x", True)
    assert changed["conditions"] == {"branches": ["main"]}
    assert speak.post(address(cast, entry, "/suspend"), {}).json()["state"] == "suspended"
    assert "was suspended" in last_message()
    assert speak.post(address(cast, entry, "/restore"), {}).json()["state"] == "active"
    assert speak.post(address(cast, entry, "/confirm"), {}).json()["confirmed_at"]
    GroupAllowlistEntry.objects.update(expires_at=today())
    assert speak.get(address(cast, entry)).json()["state"] == "expired"
    renewed = speak.post(address(cast, entry, "/renew"), {"expires_at": NEXT_YEAR}).json()
    assert (renewed["state"], renewed["expires_at"]) == ("active", NEXT_YEAR)
    for bad in ({"owner": "outsider"}, {"owner": "nobody"}, {"expires_at": "2020-01-01"}, {"conditions": {"fly": 1}}):
        assert speak.put(address(cast, entry), bad).status_code == 400
    assert speak.put(address(cast, entry), {"owner": "outsider"}).json() == {
        "message": "400 Bad request - owner is not a member of the group"
    }
    for step in ("", "/suspend", "/restore", "/renew", "/confirm"):
        method = "post" if step else "put"
        assert getattr(api(cast.maintainer), method)(address(cast, entry, step), {"reason": "y"}).status_code == 403


def test_to_admit_more_takes_the_role_on_the_side_of_what_is_listed(cast: Cast, api: Any) -> None:
    far = projects.project("tools", group=projects.group("far", by=cast.outsider), by=cast.outsider)
    held = services.add_group_entry(cast.acme, far, by=None, terms={"conditions": {"protected_refs": True}})
    services.suspend_entry(held, by=None)
    speak = api(cast.owner)
    for step in ("/restore", "/renew"):
        assert speak.post(address(cast, held, step), {}).status_code in {403, 404}
    assert speak.put(address(cast, held), {"conditions": {}}).status_code in {403, 404}
    assert speak.put(address(cast, held), {"reason": "why"}).status_code == 200
    held.refresh_from_db()
    assert (held.suspended_at is None, held.conditions) == (False, {"protected_refs": True})


def test_the_page_of_a_groups_entry_changes_all_of_it(cast: Cast, browser: Any, entry: GroupAllowlistEntry) -> None:
    owner: Client = browser(cast.owner)
    edit = f"{PAGE}/entries/{entry.pk}"
    shown = text(owner.get(edit))
    assert "It counts for the 2 projects below this group." in shown
    assert "Only on protected branches and tags" in shown
    sent = {"permissions": "default", "reason": "Nightly", "owner": "owner", "branches": "main\nrelease/*"}
    assert "Entry acme/app saved." in text(owner.post(edit, sent, follow=True))
    entry.refresh_from_db()
    assert (entry.reason, entry.owner) == ("Nightly", cast.owner)
    assert entry.conditions == {"branches": ["main", "release/*"]}
    assert "Is not a member of the group" in text(owner.post(edit, {**sent, "owner": "nobody"}))
    assert "acme/app is suspended and admits nobody." in text(owner.post(f"{edit}/suspend", follow=True))
    assert "Restore" in text(owner.get(edit))
    assert "acme/app is no longer suspended." in text(owner.post(f"{edit}/restore", follow=True))
    GroupAllowlistEntry.objects.update(expires_at=today())
    assert "acme/app is renewed until" in text(owner.post(f"{edit}/renew", follow=True))
    assert browser(cast.maintainer).post(f"{edit}/suspend").status_code in {403, 404}


def test_a_file_changes_an_entry_of_a_group_and_keeps_it(cast: Cast, api: Any) -> None:
    rules, speak = f"/token_access/groups/{cast.acme.pk}/rules", api(cast.owner)

    def apply(content: str) -> None:
        plan = speak.post(f"{rules}/plan", {"content": content}).json()
        assert speak.post(f"{rules}/apply", {"content": content, "hash": plan["hash"]}).status_code == 200

    apply(FILE)
    entry = GroupAllowlistEntry.objects.get()
    services.suspend_entry(entry, by=cast.owner)
    more = f"    owner: owner\n    expires_at: {NEXT_YEAR}\n    conditions:\n      protected_refs: true\n"
    apply(FILE.replace("Builds", "Tests") + more)
    changed = GroupAllowlistEntry.objects.get()
    assert (changed.pk, changed.created_at, changed.suspended_at is None) == (entry.pk, entry.created_at, False)
    assert (changed.reason, changed.owner, str(changed.expires_at)) == ("Tests everything", cast.owner, NEXT_YEAR)
    assert changed.conditions == {"protected_refs": True}
    shown = speak.get(rules).json()["content"]
    assert speak.post(f"{rules}/plan", {"content": shown}).json()["changes"] == []


def test_an_entry_whose_people_are_gone_is_shown_everywhere(
    cast: Cast, api: Any, client: Client, entry: GroupAllowlistEntry
) -> None:
    services.add_entry(cast.library, cast.app, by=cast.owner)
    for listed in (GroupAllowlistEntry, AllowlistEntry):
        listed.objects.update(added_by=None, owner=None, suspended_at=entry.created_at, suspended_by=None)
    project, group = f"/token_access/projects/{cast.library.pk}", f"/token_access/groups/{cast.acme.pk}"
    for path in (
        f"{group}/allowlist", address(cast, entry), f"{group}/rules", f"{project}/inherited_allowlist",
        f"{project}/entries", f"{project}/sources", f"{project}/posture",
    ):  # fmt: skip
        answer = api(cast.owner).get(path)
        assert answer.status_code == 200, path
    assert api(cast.owner).get(f"{group}/allowlist").json()[0]["added_by"] is None
    rules = "/acme/library/-/settings/ci_cd/token_access"
    client.force_login(cast.owner)
    for page in (PAGE, f"{PAGE}/entries/{entry.pk}", rules, f"{rules}/sources.csv", f"{rules}/rules_file"):
        assert client.get(page).status_code == 200, page
    client.force_login(cast.admin)
    for name in ("groupallowlistentry", "allowlistentry"):
        assert client.get(f"/admin/tokenaccess/{name}/").status_code == 200
