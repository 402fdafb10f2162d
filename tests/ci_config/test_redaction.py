"""Values of masked variables stay out of every message about a file."""

from __future__ import annotations

from typing import Any

import pytest

import ci_config
from tests.support.ci_file import mistakes_in, warnings_in

pytestmark = pytest.mark.pure

SECRET = "Sup3r/secret-" + "x" * 300
SHORT = "hunter22hunter"


def refuse(address: str, *_rest: str) -> Any:
    raise ci_config.CannotInclude(f"“{address[:200]}” at “{address.lower()[:30]}” is not to be had")


@pytest.mark.parametrize("secret", [SECRET, SHORT])
@pytest.mark.parametrize(
    "include",
    [
        "remote: 'https://example.org/$TOKEN/a.yml'",
        "component: host/a$TOKEN@1",
        "template: a/$TOKEN.yml",
        "local: $TOKEN",
        "local: a/$TOKEN.yml",
        "local: ../$TOKEN.yml",
        "{project: g/$TOKEN, file: a.yml}",
        "{project: g/p, file: $TOKEN.yml, ref: $TOKEN}",
    ],
)
def test_an_include_that_is_refused_tells_no_masked_value(secret: str, include: str):
    text = f"include: [{include if include.startswith('{') else '{' + include + '}'}]\njob: {{script: x}}"
    sources = {"find_component": refuse, "find_template": refuse, "read_remote": refuse}
    (message,) = mistakes_in(text, variables={"TOKEN": secret}, masked={"TOKEN"}, **sources)
    assert message.startswith("Line 1, keyword “include”")
    assert "[MASKED]" in message
    assert secret[:6].lower() not in message.lower()
    assert mistakes_in(text, variables={"TOKEN": SHORT}, **sources) != [message]


def test_the_name_of_an_included_file_is_redacted():
    text = "include: a/$TOKEN.yml\nanother: {script: x}"
    files = {f"a/{SHORT}.yml": "include: none-*.yml\njob: {script: [1]}"}
    (message,) = mistakes_in(text, variables={"TOKEN": SHORT}, masked={"TOKEN"}, read_local=files.get)
    assert message.startswith("a/[MASKED].yml, line 2, job “job”")
    files = {f"a/{SHORT}.yml": "include: none-*.yml\njob: {script: x}"}
    (warning,) = warnings_in(text, variables={"TOKEN": SHORT}, masked={"TOKEN"}, read_local=files.get)
    assert warning.startswith("a/[MASKED].yml, line 1")


def test_what_only_begins_like_a_secret_stays():
    redact = ci_config.redactor([SHORT, "", "  ", "and"])
    assert redact("hunter22 and hunter, or hunter22hunter!") == "hunter22 and [MASKED], or [MASKED]!"
    assert redact("“hunter22hun…”") == "“[MASKED]…”"
