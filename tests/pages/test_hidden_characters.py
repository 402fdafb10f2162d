"""Characters that nobody sees: refused in new names by every face, and shown with their code where they are stored."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from jobs.models import TriggerToken
from projects.models import Project
from projects.services import update_project
from tests.factories.cast import Cast
from text.hidden_characters import find_hidden, reveal, without_hidden
from tokenaccess.explanation.history_wording import history_words

TURNED = "safe \u202egnp.exe"
TOLD = "must not contain the invisible character U+202E (RIGHT-TO-LEFT OVERRIDE)"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (TURNED, "U+202E (RIGHT-TO-LEFT OVERRIDE)"),
        ("a\u2066b", "U+2066 (LEFT-TO-RIGHT ISOLATE)"),
        ("a\u200bb", "U+200B (ZERO WIDTH SPACE)"),
        ("\u3164", "U+3164 (HANGUL FILLER)"),
        ("a\nb", "U+000A"),
        ("👩\u200d💻 ❤\ufe0f", ""),
        ("日本語の名前", ""),
        ("مشروع نمی\u200cخواهم", ""),
    ],
)
def test_what_turns_text_round_is_found_and_what_letters_need_is_not(text: str, found: str) -> None:
    assert find_hidden(text) == found
    assert find_hidden(without_hidden(text)) == ""


def test_stored_text_is_shown_with_the_code_and_keeps_its_lines() -> None:
    assert reveal(f"{TURNED}\n👩\u200d💻") == "safe [U+202E]gnp.exe\n👩\u200d💻"
    assert (
        history_words(f"Trigger “{TURNED}” of a/b was created") == "Trigger “safe [U+202E]gnp.exe” of a/b was created"
    )


def test_each_face_refuses_such_a_name_and_says_which_character(cast: Cast, api: Any) -> None:
    owner, root = api(cast.owner), api(cast.admin)
    app, token = f"/projects/{cast.app.pk}", {"scopes": ["read_api"], "expires_at": "2999-01-01", "access_level": 20}
    asked = [
        owner.put(app, {"name": TURNED}),
        owner.post("/projects", {"name": TURNED, "path": "turned", "namespace_id": cast.acme.pk}),
        owner.put(f"/groups/{cast.acme.pk}", {"name": TURNED}),
        owner.post(f"{app}/access_tokens", {"name": TURNED, **token}),
        owner.post(f"{app}/deploy_tokens", {"name": TURNED, "scopes": ["read_repository"]}),
        owner.post(f"{app}/triggers", {"description": TURNED}),
        owner.post(f"{app}/pipeline_schedules", {"description": TURNED, "ref": "main", "cron": "@daily"}),
        root.put(f"/users/{cast.developer.pk}", {"name": TURNED}),
        root.post("/user/runners", {"runner_type": "instance_type", "description": TURNED}),
        owner.post(f"/token_access{app}/entries", {"target": "acme/library", "reason": TURNED}),
    ]
    for answer in asked:
        assert (answer.status_code, TOLD in answer.content.decode()) == (400, True), answer.content
    fine = "開発 👩\u200d💻 مشروع"
    assert owner.put(app, {"name": fine}).json()["name"] == fine


def test_a_form_says_it_at_its_field_and_what_is_stored_stays(cast: Cast, client: Client) -> None:
    client.force_login(cast.owner)
    address = "/acme/app/-/settings/ci_cd/triggers"
    shown = client.post(address, {"description": TURNED}).content.decode()
    assert "M" + TOLD[1:] in shown
    assert not TriggerToken.objects.exists()
    Project.objects.filter(pk=cast.app.pk).update(name=TURNED)
    cast.app.refresh_from_db()

    update_project(cast.app, by=cast.owner, name=TURNED, description="Another")
    assert Project.objects.get(pk=cast.app.pk).name == TURNED
