"""The administration speaks the reader's language: no list, filter or form shows a value as programs know it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from axes.models import AccessLog
from django.db.models import Field
from django.http import HttpRequest
from django.test import Client
from django.utils import timezone, translation

from config.administration.code_columns import choices_in_words
from config.administration.codes import CODES, has_words
from config.administration.json_words import SUFFIX
from hooks.services import create_hook
from identity.models import PersonalToken
from jobs.states import State
from oauth.models import AccessToken, Application
from resources.secure_files import services as secure_files
from signing.models import Purpose
from signing.rotation import ensure_keys
from tests.browser.all_pages.browsing import world
from tests.browser.all_pages.world import World
from tests.config.test_admin_lists import ADMINS, LISTS, address
from tests.factories import jobs, people
from tests.factories.cast import Cast

__all__ = ["world"]
pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def japanese(world: World) -> Client:
    client = Client(headers={"accept-language": "ja"})
    client.force_login(world.admin)
    return client


def coded_fields(names: Any, model_admin: Any) -> dict[str, Field]:
    """Column or filter → its field, of those whose values have words."""
    fields = {field.name: field for field in model_admin.model._meta.fields}
    found = {str(name): fields.get(str(name).removesuffix(SUFFIX)) for name in names}
    return {name: field for name, field in found.items() if field is not None and (field.choices or has_words(field))}


def raw_words(field: Field) -> set[str]:
    """What stands in the database, and the English words for it, as far as Japanese has others."""
    table = CODES.get(f"{field.model._meta.object_name}.{field.name}", {})
    with translation.override("en"):
        codes = {str(code) for code in table} if isinstance(table, dict) else set()
        raw = codes | {str(part) for choice in field.flatchoices for part in choice}
    with translation.override("ja"):
        words = {str(word) for word in table.values()} if isinstance(table, dict) else set()
        words |= {str(label) for _code, label in choices_in_words(field, include_blank=False)}
    return {word for word in raw if word.strip()} - words


def forms_raw_words(client: Client, label: str) -> list[str]:
    """Of the form for a new row, if there is one."""
    page = client.get(address(label, "add/"))
    options = set(re.findall(r"<option[^>]*>([^<]+)</option>", page.content.decode()))
    names = [field.name for field in ADMINS[label].model._meta.fields]
    raw = {"---------"}.union(*map(raw_words, coded_fields(names, ADMINS[label]).values()))
    return [f"{label}, form: {word}" for word in options & raw]


def test_no_list_filter_or_form_shows_a_value_as_programs_know_it(world: World, japanese: Client) -> None:
    request = HttpRequest()
    request.user = world.admin
    found, seen = [], set()
    for label in LISTS:
        page = japanese.get(address(label)).content.decode()
        nav = page.partition('id="changelist-filter"')[2].partition("</nav>")[0]
        columns = coded_fields(ADMINS[label].get_list_display(request), ADMINS[label])
        for name, field in columns.items():
            cells = set(re.findall(rf'class="field-{name}\b[^>]*>\s*(?:<a [^>]*>)?([^<]+)', page))
            seen |= {f"{label}.{field.name}"} if cells else set()
            found += [f"{label}: {word}" for word in cells & raw_words(field)]
        filters = [name[0] if isinstance(name, tuple) else name for name in ADMINS[label].get_list_filter(request)]
        for field in coded_fields(filters, ADMINS[label]).values():
            found += [f"{label}, filter: {word}" for word in raw_words(field) if f">{word}</a>" in nav]
        found += forms_raw_words(japanese, label)
    assert found == []
    assert seen >= {"jobs.Job.status", "jobs.Pipeline.source", "hooks.Delivery.event", "projects.ProtectedRef.kind"}


@pytest.fixture
def desk(cast: Cast) -> Client:
    client = Client(headers={"accept-language": "ja"})
    client.force_login(cast.admin)
    return client


def test_lists_say_states_events_and_sizes_in_words(cast: Cast, desk: Client) -> None:
    create_hook(cast.library, by=cast.maintainer, url="https://example.com/", events={})
    hooks = desk.get(address("hooks.Hook")).content.decode()
    assert 'class="field-state">オン<' in hooks
    assert "executable" not in hooks
    with secure_files.encrypt_file("release.jks", b"1234") as upload:
        secure_files.store_file(cast.library, upload, by=cast.maintainer)
    assert "4 バイト" in desk.get(address("secure_files.SecureFile")).content.decode().replace("\xa0", " ")
    job = jobs.job(cast.library, cast.developer)
    page = desk.get(address("jobs.Job", f"{job.pk}/change/")).content.decode()
    assert "前のジョブがすべて成功した後" in page
    assert "on_success" not in page


def test_a_signing_keys_state_is_a_word(cast: Cast, desk: Client) -> None:
    ensure_keys(Purpose.ID_TOKENS)
    assert 'class="field-state">現在の鍵<' in desk.get(address("signing.SigningKey")).content.decode()


def test_an_export_keeps_the_values_that_programs_know(cast: Cast, desk: Client) -> None:
    jobs.job(cast.library, cast.developer, State.SUCCESS)
    head, row = desk.get(address("jobs.Job", "export/")).content.decode().strip().split("\r\n")
    assert dict(zip(head.split(","), row.split(","), strict=True))["状態"] == "success"


def test_a_page_of_a_token_says_what_each_scope_allows(cast: Cast, desk: Client) -> None:
    people.token_for(cast.owner, scopes=("read_api",))
    token = PersonalToken.objects.get()
    page = desk.get(address("identity.PersonalToken", f"{token.pk}/change/")).content.decode()
    assert "read_api: API の読み取り" in page


def test_rows_of_packages_are_named_without_english_words(cast: Cast, desk: Client) -> None:
    row = AccessLog.objects.create(username="owner", attempt_time=timezone.now())
    AccessLog.objects.update(path_info="<unknown>", user_agent="<unknown>")
    page = desk.get(address("axes.AccessLog", f"{row.pk}/change/")).content.decode()
    assert f"<h2>{row}</h2>" in page
    assert "unknown" not in page
    assert str(row).startswith("owner, ")
    assert "Access Log" not in page
    token = AccessToken(application=Application(name="Dashboard"), user=cast.owner)
    assert str(token) == "Dashboard: owner"


def test_actions_say_how_many_rows_they_changed(cast: Cast, desk: Client) -> None:
    for _ in range(2):
        people.token_for(cast.owner)
    chosen = {"action": "revoke", "_selected_action": [token.pk for token in PersonalToken.objects.all()]}
    answer = desk.post(address("identity.PersonalToken"), chosen, follow=True)
    assert "トークン 2 件を失効させました。" in answer.content.decode()


def test_what_a_service_refuses_is_said_in_the_readers_language(cast: Cast, desk: Client) -> None:
    given = {"project": cast.library.pk, "target_project": cast.app.pk, "direction": "inbound", "reason": ""}
    entry = {**given, "default_permissions": "on", "expires_at": "2001-01-01", "conditions": ""}
    page = desk.post(address("tokenaccess.AllowlistEntry", "add/"), entry, follow=True)
    assert "何も変更されていません" in page.content.decode()
    assert "must be a day to come" not in page.content.decode()
