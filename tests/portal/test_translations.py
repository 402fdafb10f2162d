"""The Japanese catalogue: up to date, complete, and with the placeholders of the original."""

from __future__ import annotations

import ast
import re
import shutil
from pathlib import Path
from typing import Any

import polib
import pytest
from django.utils import translation

from scripts.messages import CATALOGUE, NOT_THE_PRODUCT, ROOT, collect, policy_sentences
from tests.factories.cast import Cast
from tokenaccess.explanation.history_wording import history_words
from tokenaccess.explanation.wording import PATTERNS, action_words, reason_words
from tokenaccess.posture.checks import BY_NAME

pytestmark = [pytest.mark.pure]

_PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}")


@pytest.fixture(scope="module")
def catalogue() -> polib.POFile:
    return polib.pofile(str(CATALOGUE))


def _modules() -> list[Path]:
    """The modules whose texts pages may show."""
    folders = [each for each in ROOT.iterdir() if each.is_dir() and (each / "__init__.py").exists()]
    return [path for folder in folders if folder.name not in NOT_THE_PRODUCT for path in folder.rglob("*.py")]


def _key(entry: polib.POEntry | polib.MOEntry) -> tuple[str, str, str]:
    return (entry.msgctxt or "", entry.msgid, entry.msgid_plural)


def _texts(entry: polib.POEntry | polib.MOEntry) -> list[str]:
    return list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]


@pytest.mark.skipif(not shutil.which("xgettext"), reason="GNU gettext is not installed")
def test_every_text_of_the_product_is_in_the_catalogue(catalogue: polib.POFile, tmp_path: Path) -> None:
    known, now = {_key(entry) for entry in catalogue}, {_key(entry) for entry in collect(tmp_path)}
    assert known == now, "Run `make messages`."


def test_no_text_is_asked_for_within_an_f_string() -> None:
    """The tool that collects the texts does not look there, and the text would stay English."""
    names = {"_", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy", "pgettext", "pgettext_lazy", "npgettext"}
    found = [
        f"{path.relative_to(ROOT)}:{call.lineno}"
        for path in _modules()
        for string in ast.walk(ast.parse(path.read_text()))
        if isinstance(string, ast.JoinedStr)
        for call in ast.walk(string)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in names
    ]
    assert found == []


def test_the_compiled_catalogue_is_that_of_the_text(catalogue: polib.POFile) -> None:
    compiled = polib.mofile(str(CATALOGUE.with_suffix(".mo")))
    read = {_key(entry): _texts(entry) for entry in compiled}
    assert read == {_key(entry): _texts(entry) for entry in catalogue.translated_entries()}, "Run `make messages`."


def test_texts_have_one_kind_of_apostrophe(catalogue: polib.POFile) -> None:
    """The straight one, which the answers of the API have."""
    assert [entry.msgid for entry in catalogue if "\N{RIGHT SINGLE QUOTATION MARK}" in entry.msgid] == []


def test_every_text_is_translated(catalogue: polib.POFile) -> None:
    assert [entry.msgid for entry in catalogue if not entry.translated()] == []


def test_a_translation_has_the_placeholders_of_its_original(catalogue: polib.POFile) -> None:
    """But for what the policy puts into a sentence of its own: another language may need no "is" or "are" there."""

    def differ(entry: polib.POEntry) -> bool:
        wanted = set(_PLACEHOLDER.findall(entry.msgid_plural or entry.msgid))
        found = [set(_PLACEHOLDER.findall(text)) for text in _texts(entry)]
        return any(names != wanted and not (entry.msgctxt and names < wanted) for names in found)

    assert [entry.msgid for entry in catalogue.translated_entries() if differ(entry)] == []


@pytest.mark.django_db
def test_the_reference_of_the_api_is_a_page(browser: Any) -> None:
    page = browser().get("/api/schema/ui/", headers={"Accept-Language": "ja"})
    assert "操作を探す" in page.content.decode()
    assert "個人アクセストークン。" in page.content.decode()


@pytest.mark.django_db
def test_a_page_is_in_the_language_that_was_chosen(browser: Any) -> None:
    client = browser()
    client.post("/-/preferences/language", {"language": "ja"})
    page = client.get("/-/preferences")
    assert '<html lang="ja"' in page.content.decode()
    assert page["Content-Language"] == "ja"
    assert all(name in page.content.decode() for name in ("English", "日本語"))
    client.post("/-/preferences/language", {"language": "en"})
    assert '<html lang="en"' in client.get("/-/preferences", headers={"Accept-Language": "ja"}).content.decode()


@pytest.mark.django_db
def test_what_a_form_lets_one_choose_is_in_the_language_of_the_page(cast: Cast, browser: Any) -> None:
    client = browser(cast.maintainer)
    client.post("/-/preferences/language", {"language": "ja"})
    settings_page = client.get("/acme/library/-/settings/general").content.decode()
    assert ">開発者</option>" in settings_page
    assert "Developers" not in settings_page
    assert ">汎用</option>" in client.get("/acme/library/-/settings/packages").content.decode()


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


def test_each_sentence_that_the_policy_fills_in_has_its_pattern() -> None:
    assert set(PATTERNS) == {text for text in policy_sentences() if "{0}" in text}


def test_a_reason_is_worded_in_the_readers_language(settings: Any) -> None:
    with translation.override("ja"):
        assert reason_words("The job is not running.") == "ジョブは実行中ではありません。"
        assert reason_words("ana is developer there; it takes maintainer.").startswith("ana は")
        assert not reason_words("The account of ana is blocked.").isascii()
        assert action_words("read packages") != "read packages"
    assert reason_words("The job is not running.") == "The job is not running."
    assert reason_words("Something that no version ever said.") == "Something that no version ever said."


def test_a_name_that_is_a_word_stays_a_name() -> None:
    with translation.override("ja"):
        assert reason_words("developer is developer there.") == "developer はそこで開発者です。"
        assert history_words("guest now has the role maintainer in owner").startswith("guest ")
        assert "developer" in history_words("developer was removed from acme")


GROUP_LIST_HISTORY = {
    "Group a/b was added to the list for all projects of owner": (
        "グループ a/b を owner の全プロジェクトのリストに追加しました"
    ),
    "Project a/b was reviewed: keep, in the list for all projects of acme": (
        "acme の全プロジェクトのリストのプロジェクト a/b をレビューしました: 残す"
    ),
    "Group a was removed from the list for all projects of acme, with job token policies: read_packages": (
        "グループ a を acme の全プロジェクトのリストから削除しました。ジョブトークンの権限: パッケージ: 読み取り"
    ),
}


@pytest.mark.parametrize(("stored", "shown"), GROUP_LIST_HISTORY.items())
def test_the_history_of_the_list_of_a_group_is_worded_in_japanese(stored: str, shown: str) -> None:
    with translation.override("ja"):
        assert history_words(stored) == shown


HISTORY_NAMES = {
    "Finding unused_entry #3 is accepted until 2027-01-01: needed": (
        "Finding “Entry that was never used” #3 is accepted until 2027-01-01: needed"
    ),
    "Finding gone_check #3 is no longer accepted": "Finding gone_check #3 is no longer accepted",
    "Project a/b in the list of allowed groups was reviewed: change_end": (
        "Project a/b in the list of allowed groups was reviewed: Change its end"
    ),
    "CI job token updated to default permissions: false, policies: read_releases, admin_packages": (
        "CI job token updated to default permissions: false, policies: Packages: read and write, Releases: read"
    ),
    "Project a/b in the list of allowed groups was changed: reason: owner: x, expires_at: null": (
        "Project a/b in the list of allowed groups was changed: Reason: owner: x, End date: None"
    ),
    'Project a/b in the inbound list of allowed projects was changed: reason: x, conditions: {"protected_refs": true, '
    '"branches": ["main", "a}b"]}, owner: y': (
        "Project a/b in the inbound list of allowed projects was changed: Reason: x, "
        "Conditions: Only on protected branches and tags; Branches: main, a}b, Owner: y"
    ),
    "Project a/b in the inbound list of allowed projects was changed: conditions: {}": (
        "Project a/b in the inbound list of allowed projects was changed: Conditions: None"
    ),
    "Project a/b in the inbound list of allowed projects was changed: reason: conditions: {x": (
        "Project a/b in the inbound list of allowed projects was changed: Reason: conditions: {x"
    ),
    "Group rule of job token access changed: has_ceiling: true, inbound_mode: enforced": (
        "Group rule of job token access changed: Ceiling: Yes, Limit access to all projects below: "
        "Enforced: only listed projects have access"
    ),
    "Trigger “was changed: reason: x” of a/b was created": "Trigger “was changed: reason: x” of a/b was created",
}


@pytest.mark.parametrize(("stored", "shown"), HISTORY_NAMES.items())
def test_the_history_has_the_words_of_the_pages_for_names(stored: str, shown: str) -> None:
    assert history_words(stored) == shown


def test_a_finding_in_the_history_has_the_title_of_its_check_in_each_language() -> None:
    with translation.override("ja"):
        shown = history_words("Finding unused_entry #3 is no longer accepted")
        assert str(BY_NAME["unused_entry"].title) in shown
        assert "unused_entry" not in shown
        assert "accepted" not in shown


def test_the_history_is_in_the_readers_language() -> None:
    added = "Project acme/app was added to inbound list of allowed projects for acme/library"
    with translation.override("ja"):
        assert history_words(added) == "プロジェクト acme/app を acme/library の許可リストに追加しました"
        assert history_words("ana now has the role maintainer in acme").endswith("メンテナーになりました")
        assert history_words("Access token 'ci' of acme was revoked") == "acme のアクセストークン「ci」を失効しました"
        invited = history_words("Group guests was invited to acme/library as developer")
        assert invited == "グループ guests を acme/library に開発者として招待しました"
        webhook = history_words("Webhook Chat of the team of acme/library was created")
        assert webhook == "acme/library の Webhook Chat of the team を作成しました"
        assert history_words("owner was blocked") == "owner をブロックしました"
        assert history_words("2 rows of people were exported") == "人 2 件をエクスポートしました"
        assert "1" in history_words("The token of 1 running job of acme/app was stopped").replace("acme/app", "")
    assert history_words(added) == added
    assert history_words("Something that no version ever said.") == "Something that no version ever said."
