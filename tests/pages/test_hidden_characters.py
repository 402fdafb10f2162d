"""Characters that nobody sees: refused in new names by every face, and shown with their code where they are stored."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from jobs.models import TriggerToken
from projects.models import Project
from projects.services import update_project
from resources.releases.services import create_release
from tests.factories import projects
from tests.factories.cast import Cast
from text.hidden_characters import find_hidden, reveal, without_hidden
from tokenaccess.explanation.history_wording import history_words

TURNED = "safe \u202egnp.exe"
MESSAGE = "must not contain the invisible character U+202E (RIGHT-TO-LEFT OVERRIDE)"


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
        assert (answer.status_code, MESSAGE in answer.content.decode()) == (400, True), answer.content
    fine = "開発 👩\u200d💻 مشروع"
    assert owner.put(app, {"name": fine}).json()["name"] == fine


def test_each_face_refuses_such_a_description(cast: Cast, api: Any) -> None:
    owner, app, group = api(cast.owner), f"/projects/{cast.app.pk}", f"/groups/{cast.acme.pk}"
    sha = projects.commit(cast.app, {"a.txt": "a"})
    link = {"url": "https://example.com/a"}
    turned = {"url": "https://example.com/b", "name": TURNED}
    assert owner.post(f"{app}/releases", {"tag_name": "v0", "ref": "main"}).status_code == 201
    known = owner.post(f"{app}/releases/v0/assets/links", {**link, "name": "a"}).json()["id"]
    hook = {"url": "https://example.com/"}
    badge = {"link_url": "https://example.com/", "image_url": "https://example.com/"}
    asked = [
        owner.post(f"{app}/hooks", {**hook, "description": TURNED}),
        owner.post(f"{app}/hooks", {**hook, "description": "two\nlines", "name": TURNED}),
        owner.post(f"{app}/variables", {"key": "KEY", "value": "1", "description": TURNED}),
        owner.post(f"{app}/badges", {**badge, "name": TURNED}),
        owner.put(app, {"description": TURNED}),
        owner.post("/projects", {"name": "New", "namespace_id": cast.acme.pk, "description": TURNED}),
        owner.put(group, {"description": TURNED}),
        owner.post("/groups", {"name": "Sub", "path": "sub", "parent_id": cast.acme.pk, "description": TURNED}),
        owner.post(f"{app}/environments", {"name": "stage", "description": TURNED}),
        owner.post(f"{app}/releases", {"tag_name": "v1", "ref": "main", "description": TURNED}),
        owner.post(f"{app}/releases", {"tag_name": "v1", "ref": "main", "name": TURNED}),
        owner.post(
            f"{app}/releases", {"tag_name": "v1", "ref": "main", "assets": {"links": [{**link, "name": TURNED}]}}
        ),
        owner.post(f"{app}/releases/v0/assets/links", turned),
        owner.put(f"{app}/releases/v0/assets/links/{known}", {"name": TURNED}),
        owner.post(f"{app}/statuses/{sha}", {"state": "success", "description": TURNED}),
        owner.post(f"{app}/statuses/{sha}", {"state": "success", "name": TURNED}),
    ]
    for answer in asked:
        assert (answer.status_code, "must not contain the invisible character" in answer.content.decode()) == (
            400, True,
        ), answer.content  # fmt: skip
    assert owner.put(app, {"description": "Two\n\tlines"}).status_code == 200


def test_the_administration_refuses_such_a_description(cast: Cast, client: Client) -> None:
    client.force_login(cast.admin)
    address = f"/admin/projects/group/{cast.acme.pk}/change/"
    form = client.get(address).context["adminform"].form
    values = {name: form.get_initial_for_field(field, name) for name, field in form.fields.items()}
    given = {name: value for name, value in values.items() if value not in (None, False)}
    shown = client.post(address, {**given, "description": TURNED}, follow=True)
    assert MESSAGE[1:] in shown.content.decode()
    cast.acme.refresh_from_db()
    assert cast.acme.description == ""


def test_a_page_says_at_its_field_that_a_description_has_such_a_character(cast: Cast, client: Client) -> None:
    client.force_login(cast.owner)
    projects.commit(cast.app, {"a.txt": "a"})
    release = create_release(cast.app, tag="v1", ref="main", by=cast.owner)
    for address, given in (
        ("/acme/app/-/hooks", {"url": "https://example.com/", "filter_strategy": "wildcard", "description": TURNED}),
        (
            reverse("project_release_edit", args=["acme/app", release.tag]),
            {"name": "v1", "released_at": "2026-01-01T00:00", "description": TURNED},
        ),
    ):
        shown = client.post(address, given)
        assert (shown.status_code, "M" + MESSAGE[1:] in shown.content.decode()) == (422, True), address


def test_a_form_says_it_at_its_field_and_what_is_stored_stays(cast: Cast, client: Client) -> None:
    client.force_login(cast.owner)
    address = "/acme/app/-/settings/ci_cd/triggers"
    shown = client.post(address, {"description": TURNED}).content.decode()
    assert "M" + MESSAGE[1:] in shown
    assert not TriggerToken.objects.exists()
    Project.objects.filter(pk=cast.app.pk).update(name=TURNED)
    cast.app.refresh_from_db()

    update_project(cast.app, by=cast.owner, name=TURNED, description="Another")
    assert Project.objects.get(pk=cast.app.pk).name == TURNED
