"""What the posture report finds, what mends it, and what is accepted."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audit.models import AuditEvent
from identity.models import today
from projects.models import ProtectedRef
from tests.factories import projects
from tests.factories.cast import Cast
from tests.support.posture import (
    OF_INSTANCE,
    WORLDS,
    entry_without_end,
    findings,
    limit_off,
    schedule,
    wide_group_entry,
    writable_state,
)
from tests.support.token_access import text
from tokenaccess.access.facts import settings_of
from tokenaccess.errors import TokenAccessError
from tokenaccess.models import AllowlistEntry, AuthorizationRecord, TokenAccessSettings
from tokenaccess.policy.levels import InboundMode, Role, Visibility
from tokenaccess.posture.acceptances import accept, mend, withdraw
from tokenaccess.posture.checks import BY_NAME, CHECKS
from tokenaccess.posture.exports import CSV_HEADER
from tokenaccess.posture.report import Report, find
from tokenaccess.posture.scope import Scope
from tokens.models import DeployToken


def test_every_check_has_a_world() -> None:
    assert {world.__name__ for world in WORLDS} == set(BY_NAME)
    assert [check.severity for check in CHECKS] == sorted((check.severity for check in CHECKS), reverse=True)


@pytest.mark.parametrize("world", WORLDS, ids=lambda world: world.__name__)
def test_what_is_wrong_is_found_and_mended(cast: Cast, world: Callable[[Cast], None]) -> None:
    name = world.__name__
    assert findings(None) == {}
    world(cast)
    assert name in findings(None)
    for target in (cast.library, cast.acme):
        assert (name in findings(target)) == (name not in OF_INSTANCE), target
    subject = next(one for one in Report(Scope(None), None) if one.check.name == name)
    again = find(Scope(None), name, subject.subject_id)
    assert again is not None
    check, row = again
    assert (str(check.title), str(check.why), subject.label) != ("", "", "")
    if not check.fix_label:
        return
    root = cast.admin
    assert check.effects(row)
    mend(check, row, by=root, scope=Scope(None))
    assert name not in findings(None)
    assert find(Scope(None), name, subject.subject_id) is None
    assert AuditEvent.objects.exists()


def test_a_clean_world_has_no_findings(cast: Cast) -> None:
    assert findings(None) == {}
    assert len(Report(Scope(cast.library), cast.maintainer)) == 0


@pytest.mark.parametrize(
    ("ref", "protection", "levels", "owner", "is_found"),
    [
        ("main", None, None, "maintainer", True),
        ("main", None, None, "developer", False),
        ("main", "main", Role.MAINTAINER, "maintainer", False),
        ("refs/heads/main", "main", Role.MAINTAINER, "owner", True),
        ("main", "main", Role.DEVELOPER, "maintainer", True),
        ("release/1", "release/*", Role.MAINTAINER, "maintainer", False),
        ("release_1", "release/*", Role.MAINTAINER, "maintainer", True),
        ("main", "other", Role.MAINTAINER, "maintainer", True),
    ],
)
def test_a_schedule_is_judged_by_who_edits_its_branch(
    cast: Cast, ref: str, protection: str | None, levels: Role | None, owner: str, is_found: bool
) -> None:
    ProtectedRef.objects.all().delete()
    if protection is not None and levels is not None:
        ProtectedRef.objects.create(
            project=cast.library, kind="branch", name=protection, push_level=levels, merge_level=levels
        )
    schedule(cast.library, getattr(cast, owner), ref)
    assert ("powerful_schedule" in findings(cast.library)) is is_found


def test_narrowing_keeps_what_was_used(cast: Cast) -> None:
    wide_group_entry(cast)
    AuthorizationRecord.objects.create(
        accessed_project=cast.library, origin_project=cast.app, last_authorized_at=timezone.now(),
        used={"read_packages": "2026-01-01T00:00:00Z", "read_own": "2026-01-01T00:00:00Z"},
    )  # fmt: skip
    again = find(Scope(cast.library), "wide_group_entry", AllowlistEntry.objects.get().pk)
    assert again is not None
    mend(*again, by=cast.owner, scope=Scope(cast.library))
    entry = AllowlistEntry.objects.get()
    assert (entry.default_permissions, entry.permissions) == (False, ["read_packages"])


def test_a_state_stays_readable(cast: Cast) -> None:
    writable_state(cast)
    again = find(Scope(cast.library), "writable_state", AllowlistEntry.objects.get().pk)
    assert again is not None
    mend(*again, by=cast.owner, scope=Scope(cast.library))
    assert AllowlistEntry.objects.get().permissions == ["read_jobs", "read_terraform_state"]


def test_who_may_not_change_it_neither_mends_nor_accepts(cast: Cast) -> None:
    limit_off(cast)
    again = find(Scope(cast.library), "limit_off", cast.library.pk)
    assert again is not None
    for act in (
        lambda: mend(*again, by=cast.developer, scope=Scope(None)),
        lambda: withdraw(*again, by=cast.developer),
    ):
        with pytest.raises(TokenAccessError):
            act()
    with pytest.raises(TokenAccessError):
        accept(*again, reason="why not", until=today(), by=cast.developer)
    assert settings_of(cast.library).inbound_mode == InboundMode.OPEN


def test_what_is_accepted_comes_back(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    limit_off(cast)
    again = find(Scope(cast.library), "limit_off", cast.library.pk)
    assert again is not None
    accept(*again, reason="until the move is done", until=today() + timedelta(days=3), by=cast.maintainer)
    assert findings(cast.library) == {}
    assert findings(None, accepted=True) == {"limit_off": ["acme/library"]}
    event = AuditEvent.objects.get(event="job_token_finding_accepted")
    assert (event.actor_name, event.target_path) == ("maintainer", "acme/library")
    assert "until the move is done" in event.message
    later = today() + timedelta(days=4)
    monkeypatch.setattr("tokenaccess.posture.scope.today", lambda: later)
    assert "limit_off" in findings(cast.library)
    monkeypatch.undo()
    assert withdraw(*again, by=cast.maintainer)
    assert "limit_off" in findings(cast.library)


def test_a_hidden_source_is_not_named(cast: Cast) -> None:
    hidden = projects.project("secret", group=projects.group("far", visibility=Visibility.PRIVATE))
    AllowlistEntry.objects.create(project=cast.library, target_project=hidden)
    assert findings(cast.library, cast.maintainer)["entry_without_end"] == [
        "a hidden project on the list of acme/library"
    ]
    assert findings(cast.library, cast.admin)["entry_without_end"] == ["far/secret on the list of acme/library"]


def test_the_number_of_statements_does_not_grow(cast: Cast) -> None:
    def page() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert Report(Scope(None), cast.admin)[:20]
        return len(queries)

    cast.admin  # noqa: B018
    entry_without_end(cast)
    limit_off(cast)
    first = page()
    for number in range(8):
        more = projects.project(f"more{number}", group=cast.acme, by=cast.owner)
        TokenAccessSettings.objects.create(project=more, inbound_mode=InboundMode.OPEN)
        AllowlistEntry.objects.create(project=more, target_project=cast.app)
    assert page() == first


# --- Pages, API, command ----------------------------------------------------------------------------------------------

PAGE = "/acme/library/-/settings/ci_cd/token_access/posture"


def test_the_page_lists_mends_and_accepts(cast: Cast, page: Client) -> None:
    limit_off(cast)
    entry_without_end(cast)
    shown = text(page.get(PAGE))
    assert "Open to jobs of all projects" in shown
    assert "Entry that never ends" in shown
    assert "Entry that never ends" not in text(page.get(f"{PAGE}?check=limit_off")).split("</form>")[-1]
    key: dict[str, Any] = {"check": "limit_off", "subject": cast.library.pk}
    asked = text(page.post(f"{PAGE}/fix", key))
    assert "Put the limit of acme/library on trial?" in asked
    assert settings_of(cast.library).inbound_mode == InboundMode.OPEN
    form = text(page.get(f"{PAGE}/accept", key))
    assert "After it the finding comes back." in form
    until = today() + timedelta(days=5)
    assert page.post(f"{PAGE}/accept", {**key, "reason": "", "until": until}).status_code == 422
    assert (
        page.post(f"{PAGE}/accept", {**key, "reason": "x", "until": today() + timedelta(days=999)}).status_code == 422
    )
    assert "Accepted: acme/library." in text(
        page.post(f"{PAGE}/accept", {**key, "reason": "moving", "until": until}, follow=True)
    )
    assert "Accepted by maintainer" in text(page.get(f"{PAGE}?accepted=yes"))
    assert "Open to jobs of all projects" not in text(page.get(PAGE)).split("</form>")[-1]
    page.post(f"{PAGE}/withdraw", key)
    assert "Done: acme/library." in text(page.post(f"{PAGE}/fix", {**key, "confirmed": "1"}, follow=True))
    assert settings_of(cast.library).inbound_mode == InboundMode.TRIAL
    assert "It is no finding any more" in text(page.post(f"{PAGE}/fix", key, follow=True))


def test_group_and_instance_have_the_page_of_the_posture(cast: Cast, browser: Any) -> None:
    limit_off(cast)
    for user, address in ((cast.owner, "/groups/acme/-/posture"), (cast.admin, "/-/posture")):
        assert "Open to jobs of all projects" in text(browser(user).get(address))
    assert browser(cast.maintainer).get("/-/posture").status_code == 403
    assert browser(cast.maintainer).get("/groups/acme/-/posture").status_code in {403, 404}
    assert browser(cast.developer).get(PAGE).status_code == 403


def test_the_api_lists_filters_and_pages(cast: Cast, api: Any) -> None:
    limit_off(cast)
    entry_without_end(cast)
    address = f"/token_access/projects/{cast.library.pk}/posture"
    speak = api(cast.maintainer)
    rows = speak.get(address).json()
    assert [(row["check"], row["severity"], row["path"]) for row in rows] == [
        ("limit_off", "high", "acme/library"),
        ("entry_without_end", "low", "acme/library"),
    ]
    assert [row["check"] for row in speak.get(f"{address}?severity=high").json()] == ["limit_off"]
    assert [row["check"] for row in speak.get(f"{address}?check=entry_without_end").json()] == ["entry_without_end"]
    assert len(speak.get(f"{address}?per_page=1&page=2").json()) == 1
    wrong = "severity does not have a valid value: low, medium, high, critical"
    assert speak.get(f"{address}?severity=grave").json() == {"error": wrong}
    assert speak.get(f"{address}?colour=red").status_code == 400
    assert speak.get(f"{address}?pagination=keyset").status_code in {400, 405}
    key = {"check": "limit_off", "subject_id": cast.library.pk}
    until = str(today() + timedelta(days=5))
    accepted = speak.post(f"{address}/accepted", {**key, "reason": "moving", "until": until})
    assert (accepted.status_code, accepted.json()["accepted_by"]) == (201, "maintainer")
    assert speak.get(f"{address}?accepted=yes").json()[0]["accepted"]["until"] == until
    assert speak.post(f"{address}/accepted", {**key, "reason": "moving", "until": "2020-01-01"}).status_code == 400
    assert speak.delete(f"{address}/accepted?check=limit_off&subject_id={cast.library.pk}").status_code == 204
    assert speak.delete(f"{address}/accepted?check=limit_off&subject_id={cast.library.pk}").status_code == 404
    assert speak.post(f"{address}/fixes", {"check": "entry_without_end", "subject_id": 0}).status_code == 404
    assert speak.post(f"{address}/fixes", key).status_code == 204
    assert settings_of(cast.library).inbound_mode == InboundMode.TRIAL
    assert api(cast.developer).get(address).status_code == 403
    assert [row["check"] for row in api(cast.owner).get(f"/token_access/groups/{cast.acme.pk}/posture").json()][
        -1:
    ] == ["entry_without_end"]
    assert api(cast.admin).get("/token_access/instance/posture").status_code == 200
    assert api(cast.owner).get("/token_access/instance/posture").status_code == 403


def test_sarif_and_csv_hold_all_findings(cast: Cast, api: Any) -> None:
    limit_off(cast)
    wide_group_entry(cast)
    DeployToken.objects.create(project=cast.library, name='=cmd|"x"', username="m", digest="d")
    again = find(Scope(cast.library), "limit_off", cast.library.pk)
    assert again is not None
    accept(*again, reason="moving", until=today(), by=cast.owner)
    address = f"/token_access/projects/{cast.library.pk}/posture/export?accepted=all"
    answer = api(cast.maintainer).get(address)
    assert answer["Content-Type"] == "application/sarif+json"
    sarif = answer.json()
    assert (sarif["version"], len(sarif["runs"])) == ("2.1.0", 1)
    driver, results = sarif["runs"][0]["tool"]["driver"], sarif["runs"][0]["results"]
    assert [rule["id"] for rule in driver["rules"]] == list(BY_NAME)
    assert [result["ruleId"] for result in results] == ["limit_off", "wide_group_entry", "endless_deploy_token"]
    for result in results:
        assert driver["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in {"none", "note", "warning", "error"}
        assert result["message"]["text"]
        assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].startswith("http")
    assert results[0]["suppressions"] == [{"kind": "external", "status": "accepted", "justification": "moving"}]
    assert len({str(result["partialFingerprints"]) for result in results}) == 3
    rows = list(csv.reader(io.StringIO(api(cast.maintainer).get(f"{address}&format=csv").content.decode())))
    assert rows[0] == list(CSV_HEADER)
    assert [row[1] for row in rows[1:]] == ["limit_off", "wide_group_entry", "endless_deploy_token"]
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row)
