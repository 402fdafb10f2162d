"""The administration in Japanese: what is left in English on any of its pages is data or a name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.db.models import CharField, JSONField, TextField
from django.http import HttpRequest
from django.test import Client
from django.test.html import Element, parse_html

from tests.browser.all_pages.administration import list_administration
from tests.browser.all_pages.browsing import world
from tests.browser.all_pages.world import World
from tests.config.test_admin_lists import ADMINS, address

__all__ = ["world"]
pytestmark = [pytest.mark.django_db, pytest.mark.once]

READ_ALOUD = {"alt", "aria-label", "placeholder", "title"}
# Names, and abbreviations that Japanese has too.
NAMES = """
    @weekly allow_push_to_allowlisted_projects API branches: CI CI/CD Cron Git GIT_STRATEGY https ID include: IP
    JSON Key LFS main Maven MD5 npm OAuth package_type PEM PEP pipeline_sources: protected_refs: push PyPI ref
    refs/heads/main release/ remote RFC SHA-256 SHA256 SSH SSL template Terraform Token Access TOTP UTC URI URL v*
    Web WebAuthn Webhook yes
""".split()
ENGLISH_INSIDE = {
    "AuditEvent.event",
    "AuditEvent.message",
    "AuditEvent.details",
    "RefusalRecord.sentence",
    "Delivery.error",
}


@pytest.fixture
def japanese(world: World) -> Client:
    client = Client(headers={"accept-language": "ja"})
    client.force_login(world.admin)
    return client


def texts_in(page: str) -> Iterator[str]:
    """What a reader sees or hears of it."""
    body = page.partition("</head>")[2].replace("<wbr>", "")
    yield re.sub(r".*<title>(.*)</title>.*", r"\1", page, flags=re.DOTALL)
    yield from _texts_of(parse_html(f"<body>{body.partition('>')[2].rpartition('</html>')[0]}"))


def _texts_of(element: Element | str) -> Iterator[str]:
    if isinstance(element, str):
        yield element
        return
    if element.name in {"script", "style", "code"}:
        return
    given = dict(element.attributes)
    yield from (value for name, value in element.attributes if name in READ_ALOUD and value)
    if given.get("type") == "submit":
        yield given.get("value") or ""
    for child in element.children:
        yield from _texts_of(child)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        value = [*value, *value.values()]
    if isinstance(value, list):
        for item in value:
            yield from _strings(item)
    elif isinstance(value, str):
        yield from (value, *value.splitlines())


def data() -> re.Pattern[str]:
    """Any value that somebody or something else gave."""
    found: set[str] = set()
    for model in apps.get_models():
        kept = [field for field in model._meta.concrete_fields if isinstance(field, CharField | TextField | JSONField)]
        names = [field.name for field in kept if f"{model._meta.object_name}.{field.name}" not in ENGLISH_INSIDE]
        for row in model._base_manager.values_list(*names) if names else ():
            found |= {text.strip() for value in row for text in _strings(value)}
    long = sorted((text for text in {*found, *NAMES} if len(text) > 1), key=len, reverse=True)
    return re.compile("|".join([r"\{\".*\}", *(rf"(?<![A-Za-z]){re.escape(text)}(?![A-Za-z])" for text in long)]))


def english(page: str, given: re.Pattern[str]) -> set[str]:
    """Texts with a word that is no data and no name."""
    found = {" ".join(text.split()) for text in texts_in(page)}
    return {text for text in found if re.search("[A-Za-z]{2}", given.sub("", text))}


def test_every_page_is_in_japanese(world: World, japanese: Client) -> None:
    given = data()
    found: dict[str, str] = {}
    for page in list_administration(world):
        answer = japanese.get(page.path)
        for text in english(answer.content.decode(), given) if answer.status_code == 200 else ():
            found.setdefault(text, page.path)
    assert not found, "\n".join(f"{path}: {text}" for text, path in found.items())


def test_every_action_answers_in_japanese(world: World, japanese: Client) -> None:
    request = HttpRequest()
    request.user = world.admin
    pages = {}
    for label, model_admin in ADMINS.items():
        row = model_admin.get_queryset(request).order_by("pk").first()
        if row is None:
            continue
        for action in model_admin.get_actions(request):
            chosen = {"action": action, "_selected_action": [row.pk]}
            answer = japanese.post(address(label), chosen, follow=True)
            assert answer.status_code == 200
            pages[f"{label}, {action}"] = answer.content.decode()
    given = data()
    found = {text: where for where, page in pages.items() for text in english(page, given)}
    assert not found, "\n".join(f"{where}: {text}" for text, where in found.items())
