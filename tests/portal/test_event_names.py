"""Each event that the history has is called something in the administration."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest
from django.utils import translation

from scripts.messages import NOT_THE_PRODUCT, ROOT
from tokenaccess.explanation.event_names import event_words

pytestmark = [pytest.mark.pure]


def recorded_events() -> Iterator[str]:
    """Of those that are written out: the first thing that `record` is told."""
    for path in ROOT.glob("*/**/*.py"):
        if path.relative_to(ROOT).parts[0] in NOT_THE_PRODUCT or "record(" not in (code := path.read_text()):
            continue
        for call in ast.walk(ast.parse(code)):
            if isinstance(call, ast.Call) and ast.unparse(call.func).rpartition(".")[2] in {"record", "_record"}:
                first = call.args[0] if call.args else None
                if isinstance(first, ast.Constant) and "_" in str(first.value):
                    yield str(first.value)


def test_every_event_has_words() -> None:
    events = set(recorded_events())
    assert len(events) > 50
    assert [event for event in sorted(events) if event_words(event) == event] == []


def test_an_event_is_named_in_the_readers_language() -> None:
    assert event_words("secure_ci_job_token_group_list_project_added") == "Entry in the list of a group: added"
    assert event_words("file_unlocked_by_force") == "File lock: unlocked by force"
    assert event_words("something_no_version_records") == "something_no_version_records"
    with translation.override("ja"):
        assert event_words("deploy_key_added") == "デプロイキー: 追加"
