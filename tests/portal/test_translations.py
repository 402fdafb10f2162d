"""The Japanese catalogue: up to date, complete where it has to be, and with the placeholders of the original."""

from __future__ import annotations

import re
from typing import Any

import polib
import pytest

from scripts.messages import CATALOGUE

pytestmark = [pytest.mark.pure]

_PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}")


@pytest.fixture(scope="module")
def catalogue() -> polib.POFile:
    return polib.pofile(str(CATALOGUE))


def _key(entry: polib.POEntry | polib.MOEntry) -> tuple[str, str, str]:
    return (entry.msgctxt or "", entry.msgid, entry.msgid_plural)


def _texts(entry: polib.POEntry | polib.MOEntry) -> list[str]:
    return list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]


def test_the_compiled_catalogue_is_that_of_the_text(catalogue: polib.POFile) -> None:
    compiled = polib.mofile(str(CATALOGUE.with_suffix(".mo")))
    read = {_key(entry): _texts(entry) for entry in compiled}
    assert read == {_key(entry): _texts(entry) for entry in catalogue.translated_entries()}, "Run `make messages`."


def test_a_translation_has_the_placeholders_of_its_original(catalogue: polib.POFile) -> None:
    def differ(entry: polib.POEntry) -> bool:
        wanted = set(_PLACEHOLDER.findall(entry.msgid_plural or entry.msgid))
        return any(set(_PLACEHOLDER.findall(text)) != wanted for text in _texts(entry))

    assert [entry.msgid for entry in catalogue.translated_entries() if differ(entry)] == []


@pytest.mark.django_db
def test_a_page_is_in_the_language_that_was_chosen(browser: Any) -> None:
    client = browser()
    client.post("/-/preferences/language", {"language": "ja"})
    page = client.get("/-/preferences")
    assert '<html lang="ja"' in page.content.decode()
    assert page["Content-Language"] == "ja"
    client.post("/-/preferences/language", {"language": "en"})
    assert '<html lang="en"' in client.get("/-/preferences", headers={"Accept-Language": "ja"}).content.decode()


@pytest.mark.django_db
def test_without_a_choice_the_browser_decides(browser: Any) -> None:
    page = browser().get("/-/preferences", headers={"Accept-Language": "fr, ja;q=0.8"})
    assert '<html lang="ja"' in page.content.decode()
    assert {"Accept-Language", "Cookie"} <= set(map(str.strip, page["Vary"].split(",")))


@pytest.mark.django_db
def test_what_programs_read_stays_english(browser: Any) -> None:
    client = browser()
    client.post("/-/preferences/language", {"language": "ja"})
    client.get("/-/preferences")
    answer = client.get("/api/v4/projects?per_page=x", headers={"Accept-Language": "ja"})
    assert answer.content.isascii()
