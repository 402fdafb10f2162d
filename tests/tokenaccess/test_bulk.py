"""Many entries at once: pasted paths, each line answered; chosen entries changed or removed after a question."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from audit.models import AuditEvent
from projects.models import Project
from tests.factories import projects
from tests.factories.cast import Cast
from tests.support.token_access import RULES, count, record_authorization, text
from tokenaccess.allowlist import services
from tokenaccess.models import AllowlistEntry
from tokenaccess.policy.levels import Role
from tokenaccess.views.entries import bulk_change

ADD = f"{RULES}/entries/add"
CHANGE = f"{RULES}/entries/change"


def paths_of(cast: Cast) -> list[str]:
    return [entry.target.full_path for entry in AllowlistEntry.objects.filter(project=cast.library)]


@pytest.fixture
def mine(cast: Cast) -> list[Project]:
    """Three projects of the maintainer."""
    made = [projects.project(f"p{number}", group=cast.acme, by=cast.owner) for number in range(3)]
    for project in made:
        projects.member(cast.maintainer, project, Role.MAINTAINER)
    return made


def test_every_line_is_answered_and_the_others_are_added(
    cast: Cast, page: Client, mine: list[Project], secret: Project
) -> None:
    services.add_entry(cast.library, cast.app, by=cast.owner)
    lines = " /acme/P0/ \n\nacme/app\nfar/secret\nfar/absent\nacme\nacme/library\nacme/p0\nacme/p1"
    answer = page.post(ADD, {"paths": lines, "failing": "rest", "permissions": "chosen", "p-jobs": "read_jobs"})
    shown = text(answer)
    assert "2 entries added." in shown
    assert paths_of(cast) == ["acme/app", "acme/p0", "acme/p1"]
    assert AllowlistEntry.objects.get(target_project=mine[0]).permissions == ["read_jobs"]
    assert shown.count("On the list already</span>") == 1
    for path in ("far/secret", "far/absent"):
        assert f"There is no project or group {path} that you can see." in shown
    assert "You are not a maintainer of acme." in shown
    assert "acme/library is this project itself." in shown
    assert (
        AuditEvent.objects.filter(event="secure_ci_job_token_project_added", actor_id=cast.maintainer.pk).count() == 2
    )


def test_one_wrong_line_keeps_all_out_and_what_was_entered_in(cast: Cast, page: Client, mine: list[Project]) -> None:
    answer = page.post(ADD, {"paths": "acme/p0\nacme/none", "failing": "none", "permissions": "default"})
    shown = text(answer)
    assert answer.status_code == 422
    assert "Nothing was added." in shown
    assert "Could be added." in shown
    assert "acme/none</textarea>" in shown.replace("acme/none </textarea>", "acme/none</textarea>")
    assert not paths_of(cast)
    assert not AuditEvent.objects.filter(event="secure_ci_job_token_project_added").exists()


def test_a_full_list_takes_what_fits(cast: Cast, page: Client, mine: list[Project]) -> None:
    services.change_instance_settings(by=cast.admin, allowlist_limit=2)
    sent = {"paths": "acme/p0\nacme/p1\nacme/p2", "failing": "rest", "permissions": "default"}
    assert "The list is full (limit: 2)." in text(page.post(ADD, sent))
    assert paths_of(cast) == ["acme/p0", "acme/p1"]


def test_nonsense_is_answered_and_nobody_else_gets_in(cast: Cast, page: Client, browser: Any) -> None:
    for paths, error in (
        ("", "Enter at least one path."),
        (" \n / \n", "Enter at least one path."),
        ("\n".join(f"a/b{number}" for number in range(201)), "At most 200 paths at once."),
        ("x" * 1025, "A path has at most 1024 characters."),
        ("a\0b", "Null characters are not allowed."),
    ):
        answer = page.post(ADD, {"paths": paths, "failing": "rest", "permissions": "default"})
        assert (answer.status_code, error in text(answer)) == (422, True), error
    assert page.post(ADD, {"paths": "acme/app", "failing": "perhaps", "permissions": "default"}).status_code == 422
    developer = browser(cast.developer)
    assert developer.post(ADD, {"paths": "acme/app", "failing": "rest", "permissions": "default"}).status_code == 403
    assert developer.post(CHANGE, {"change": "remove", "entry": "1", "confirmed": "1"}).status_code == 403


@pytest.fixture
def entries(cast: Cast, mine: list[Project]) -> list[int]:
    record_authorization(cast.library, mine[0])
    count(cast.library, mine[0], uses=4)
    return [services.add_entry(cast.library, project, by=cast.maintainer).pk for project in mine]


def test_chosen_entries_are_removed_after_a_question_with_numbers(cast: Cast, page: Client, entries: list[int]) -> None:
    answer = page.post(CHANGE, {"change": "remove", "entry": entries[:2]})
    shown = text(answer)
    assert "Remove 2 entries from the list?" in shown
    assert "<dt>4</dt><dd><strong>uses of these entries</strong> in the last 30 days." in shown
    assert "<dt>1</dt><dd><strong>project would lose access that it used.</strong>" in shown
    assert "Keep them" in shown
    of_one = text(page.post(CHANGE, {"change": "remove", "entry": entries[:1]}))
    assert "<strong>uses of this entry</strong>" in of_one
    assert "Keep it" in of_one
    assert len(paths_of(cast)) == 3
    sent = {"change": "remove", "entry": f"{entries[0]},{entries[1]}", "confirmed": "1"}
    assert "2 entries removed." in text(page.post(CHANGE, sent, follow=True))
    assert paths_of(cast) == ["acme/p2"]


@pytest.mark.one_case
@pytest.mark.parametrize("change", ["remove", "suspend", "permissions", "end"])
def test_a_link_asks_nothing_of_the_log(
    page: Client, entries: list[int], change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_change, "replay_change", None)
    asked = page.get(f"{CHANGE}?change={change}&entry={entries[0]}")
    assert (asked.status_code, "Show the effect" in text(asked)) == (200, True)


@pytest.mark.parametrize("change", ["permissions", "end"])
def test_the_table_s_own_buttons_lead_to_what_the_change_takes(page: Client, entries: list[int], change: str) -> None:
    asked = page.post(CHANGE, {"change": change, "entry": entries})
    assert (asked.status_code, "Show the effect" in text(asked)) == (200, True)


def test_chosen_entries_are_given_other_permissions_after_a_question(
    cast: Cast, page: Client, entries: list[int]
) -> None:
    ids = ",".join(map(str, entries))
    assert "Change 3 entries" in text(page.get(CHANGE, {"change": "permissions", "entry": ids}))
    sent = {"change": "permissions", "entry": ids, "permissions": "chosen", "p-jobs": "read_jobs"}
    shown = text(page.post(CHANGE, sent))
    assert "Change the permissions of 3 entries?" in shown
    assert "<dt>1</dt><dd><strong>project would lose access that it used.</strong>" in shown
    assert '<input type="hidden" name="p-jobs" value="read_jobs">' in shown
    assert AllowlistEntry.objects.filter(default_permissions=True).count() == 3
    assert "3 entries changed." in text(page.post(CHANGE, {**sent, "confirmed": "1"}, follow=True))
    assert [entry.permissions for entry in AllowlistEntry.objects.all()] == [["read_jobs"]] * 3


def test_chosen_entries_are_given_an_end_or_suspended(cast: Cast, page: Client, entries: list[int]) -> None:
    ids = ",".join(map(str, entries[:2]))
    assert "End date" in text(page.get(CHANGE, {"change": "end", "entry": ids}))
    sent = {"change": "end", "entry": ids, "expires_at": "2999-01-01"}
    assert "<dt>2</dt><dd><strong>entries</strong> admit nobody from 2999-01-01 on." in text(page.post(CHANGE, sent))
    page.post(CHANGE, {**sent, "confirmed": "1"})
    assert AllowlistEntry.objects.filter(expires_at="2999-01-01").count() == 2
    late = page.post(CHANGE, {**sent, "expires_at": "2020-01-01", "confirmed": "1"})
    assert (late.status_code, "Nothing was changed." in text(late)) == (422, True)
    shown = text(page.post(CHANGE, {"change": "suspend", "entry": ids}))
    assert "Suspend 2 entries?" in shown
    assert "<strong>project would lose access that it used.</strong>" in shown
    assert "2 entries changed." in text(
        page.post(CHANGE, {"change": "suspend", "entry": ids, "confirmed": "1"}, follow=True)
    )
    assert AllowlistEntry.objects.exclude(suspended_at=None).count() == 2


def test_an_entry_that_may_not_be_widened_keeps_the_others_as_they_are(
    cast: Cast, page: Client, entries: list[int], secret: Project
) -> None:
    narrow: dict[str, Any] = {"default_permissions": False, "permissions": ["read_jobs"]}
    far = services.add_entry(cast.library, secret, by=cast.admin, **narrow)
    services.set_permissions(cast.library, AllowlistEntry.objects.get(pk=entries[0]).target, by=cast.admin, **narrow)
    sent = {"change": "permissions", "entry": [entries[0], far.pk], "permissions": "default"}
    for more in ({}, {"confirmed": "1"}):
        answer = page.post(CHANGE, {**sent, **more})
        assert answer.status_code == 422
        assert "Nothing was changed. There is no project or group an entry that you cannot see" in text(answer)
        assert "far/secret" not in text(answer)
    assert AllowlistEntry.objects.filter(default_permissions=False).count() == 2


def test_an_entry_whose_target_is_deleted_by_then_is_neither_asked_about_nor_changed(
    cast: Cast, page: Client, entries: list[int], mine: list[Project]
) -> None:
    AllowlistEntry.objects.update(default_permissions=False, permissions=["read_jobs"])
    Project.objects.filter(pk=mine[0].pk).update(pending_deletion=True)
    sent = {"change": "permissions", "entry": entries, "permissions": "default", "confirmed": "1"}
    assert "2 entries changed." in text(page.post(CHANGE, sent, follow=True))
    assert AllowlistEntry.objects.get(default_permissions=False).pk == entries[0]


def test_what_is_no_entry_of_the_list_is_left_alone(cast: Cast, page: Client, entries: list[int]) -> None:
    foreign = services.add_entry(cast.app, cast.library, by=cast.owner)
    for ids in ("", "999999", str(foreign.pk)):
        answer = page.post(CHANGE, {"change": "remove", "entry": ids, "confirmed": "1"}, follow=True)
        assert "Choose at least one entry first." in text(answer)
    assert "Choose at least one entry first." in text(page.get(CHANGE, follow=True))
    for query, error in (
        ({"change": "remove", "entry": "x"}, "entry is invalid"),
        ({"change": "remove", "entry": "1", "color": "red"}, "color is not supported"),
        ({"change": "paint", "entry": "1"}, "change does not have a valid value"),
    ):
        answer = page.get(CHANGE, query)
        assert (answer.status_code, error in text(answer)) == (400, True), error
    assert AllowlistEntry.objects.count() == 4


def test_a_lock_says_why_instead_of_showing_the_forms_that_it_forbids(cast: Cast, page: Client) -> None:
    projects.member(cast.maintainer, cast.acme, Role.GUEST)
    services.change_group_rule(cast.acme, by=cast.owner, is_locked=True)
    record_authorization(cast.library, cast.app)
    inner = projects.group("inner", parent=cast.acme, by=cast.owner)
    projects.member(cast.maintainer, inner, Role.MAINTAINER)
    of_group = f"/groups/{inner.full_path}/-/settings/token_access/entries/add"
    sent = {"paths": "acme/app", "failing": "rest", "permissions": "default", "hash": "x"}
    for address in (ADD, of_group, f"{RULES}/autopopulate"):
        for answer in (page.get(address), page.post(address, sent)):
            shown = text(answer)
            assert "You can&#x27;t change this because group acme locks it." in shown, address
            assert "<textarea" not in shown
            assert "Preview" not in shown
            assert "Add them and limit access" not in shown
    assert not paths_of(cast)
