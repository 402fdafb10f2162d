"""The pages of a rules file and of a replay."""

from __future__ import annotations

import re
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from projects.models import Project
from tests.factories.cast import Cast
from tests.support.client import Api
from tests.support.token_access import RULES, text
from tokenaccess.access.facts import settings_of
from tokenaccess.allowlist import services
from tokenaccess.models import AllowlistEntry, RulesFile
from tokenaccess.policy.levels import InboundMode
from tokenaccess.rules_file.plan import make_plan
from tokenaccess.rules_file.reader import read_document

FILE = "version: 1\nproject: acme/library\nmode: trial\ninbound:\n  - project: acme/app\n"
PAGE = f"{RULES}/rules_file"


def hash_of(shown: str) -> str:
    found = re.search(r'name="hash" value="([0-9a-f]{64})"', shown)
    assert found is not None
    return found[1]


def test_a_file_is_planned_and_then_applied(cast: Cast, page: Client) -> None:
    planned = text(page.post(PAGE, {"file": SimpleUploadedFile("rules.yml", FILE.encode())}))
    assert "mode: enforced → trial" in planned
    assert "project acme/app is added to the inbound list" in planned
    assert not AllowlistEntry.objects.exists()
    done = page.post(PAGE, {"content": FILE, "hash": hash_of(planned)}, follow=True)
    assert "2 changes applied." in text(done)
    assert settings_of(cast.library).inbound_mode == InboundMode.TRIAL
    assert "No drift" in text(page.get(PAGE))
    assert "A rules file manages these settings." in text(page.get(RULES))
    services.set_inbound_mode(cast.library, InboundMode.OPEN, by=cast.owner)
    assert "mode: trial → open" in text(page.get(PAGE))
    assert "1 thing was changed past it since" in text(page.get(RULES))
    page.post(f"{PAGE}/release")
    assert not RulesFile.objects.exists()


def test_a_plan_of_yesterday_is_planned_anew(cast: Cast, page: Client) -> None:
    planned = text(page.post(PAGE, {"content": FILE}))
    services.set_inbound_mode(cast.library, InboundMode.OPEN, by=cast.owner)
    shown = text(page.post(PAGE, {"content": FILE, "hash": hash_of(planned)}))
    assert "The rules have changed since the plan was made." in shown
    assert "mode: open → trial" in shown
    assert not AllowlistEntry.objects.exists()


def test_a_wrong_file_says_which_line(cast: Cast, page: Client) -> None:
    wrong = page.post(PAGE, {"content": FILE.replace("mode", "mod")})
    assert (wrong.status_code, "Line 3: unknown key" in text(wrong)) == (422, True)
    assert "Choose a file, or paste one." in text(page.post(PAGE, {}))
    assert "This is no text file." in text(page.post(PAGE, {"file": SimpleUploadedFile("x.yml", b"\xff\xfe")}))


def test_a_plan_that_takes_more_rights_cannot_be_applied(cast: Cast, page: Client, secret: Project) -> None:
    services.add_entry(cast.library, secret, by=None)
    shown = text(page.post(PAGE, {"content": f"{FILE}  - group: acme\n"}))
    assert "This plan cannot be applied:" in shown
    assert "You are not a maintainer of acme." in shown
    assert "Apply this plan" not in shown
    plan = make_plan(cast.library, read_document(f"{FILE}  - group: acme\n"), cast.maintainer)
    pressed = text(page.post(PAGE, {"content": f"{FILE}  - group: acme\n", "hash": plan.hash}))
    assert "This plan cannot be applied:" in pressed
    assert "acme/library. Ask" not in pressed
    assert "1 entry that you cannot see stays." in shown
    assert "far/secret" not in shown + text(page.get(PAGE)) + page.get(f"{PAGE}/download").content.decode()


def test_the_file_of_today_can_be_downloaded(cast: Cast, page: Client) -> None:
    services.add_entry(cast.library, cast.app, by=cast.owner)
    answer = page.get(f"{PAGE}/download")
    assert answer["Content-Disposition"] == 'attachment; filename="token-access-library.yml"'
    assert "- project: acme/app" in answer.content.decode()


def use(cast: Cast) -> None:
    Api(job=cast.job_token()).get(f"/projects/{cast.library.pk}/releases")


def test_a_replay_is_asked_from_its_page_and_from_confirmations(cast: Cast, page: Client) -> None:
    entry = services.add_entry(cast.library, cast.app, by=cast.owner)
    use(cast)
    assert "What would it have changed?" in text(page.get(f"{RULES}/replay"))
    shown = text(page.post(f"{RULES}/replay", {"change": "remove", "path": "acme/app", "days": "30"}))
    assert "Releases: read" in shown.split("admitted-title")[0]
    assert "1 row of the log was asked about" in shown
    for address in (f"{RULES}/entries/{entry.pk}/remove", f"{RULES}/entries/{entry.pk}"):
        assert f'name="entry" value="{entry.pk}"' in text(page.get(address))
    removal = text(page.post(f"{RULES}/replay", {"change": "remove", "entry": str(entry.pk)}))
    assert "Releases: read" in removal
    narrowing = {"change": "entry", "entry": entry.pk, "permissions": "chosen", "p-packages": "read_packages"}
    assert "Releases: read" in text(page.post(f"{RULES}/replay", narrowing))
    assert "Nothing of the last 30 days." in text(page.post(f"{RULES}/replay", {**narrowing, "permissions": "default"}))
    assert "Nothing of the last 30 days." in text(page.post(f"{RULES}/replay", {"change": "rules", "content": FILE}))
    asked = text(page.post(f"{RULES}/limit", {"inbound": "off"}))
    assert 'name="change" value="open"' in asked
    assert AllowlistEntry.objects.count() == 1


def test_an_entry_s_form_is_replayed_with_all_that_it_says(cast: Cast, page: Client) -> None:
    entry = services.add_entry(cast.library, cast.app, by=cast.owner)
    use(cast)
    form = {"change": "entry", "entry": entry.pk, "permissions": "default"}
    assert 'name="change" value="entry"' in text(page.get(f"{RULES}/entries/{entry.pk}"))
    assert "Nothing of the last 30 days." in text(page.post(f"{RULES}/replay", {**form, "branches": "main"}))
    assert "Releases: read" in text(page.post(f"{RULES}/replay", {**form, "branches": "release/*"}))
    for wrong, error in (
        ({"expires_at": "soon"}, "End date: Enter a valid date."),
        ({"branches": "main", "protected_refs": "on", "runner_networks": "far"}, "runner_networks"),
        ({"owner": "nobody"}, "owner"),
    ):
        answer = page.post(f"{RULES}/replay", {**form, **wrong})
        assert (answer.status_code, error in text(answer)) == (422, True)
    assert page.post(f"{RULES}/replay", {**form, "entry": 0}).status_code == 404
    entry.refresh_from_db()
    assert entry.conditions == {}


def test_a_replay_says_what_is_wrong_with_its_question(cast: Cast, page: Client, browser: Any, secret: Project) -> None:
    assert "Enter the full path" in text(page.post(f"{RULES}/replay", {"change": "add", "path": ""}))
    hidden, absent = (
        text(page.post(f"{RULES}/replay", {"change": "add", "path": path})) for path in ("far/secret", "far/absent")
    )
    assert "There is no project or group far/secret that you can see." in hidden
    assert absent.replace("absent", "secret").count("far/secret") == hidden.count("far/secret")
    assert page.post(f"{RULES}/replay", {"change": "turn"}).status_code == 422
    listed = services.add_entry(cast.library, secret, by=None)
    assert "far/secret" not in text(page.post(f"{RULES}/replay", {"change": "remove", "entry": str(listed.pk)}))
    assert browser(cast.developer).post(f"{RULES}/replay", {"change": "open"}).status_code == 403
