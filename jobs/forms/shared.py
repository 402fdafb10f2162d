"""Parts that several forms share: lines of variables, line endings."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from jobs.variables.keys import is_variable_key

MAX_VARIABLE_LINES_LENGTH = 60_000


def variable_lines_field(help_text: Any) -> forms.CharField:
    """A text area for variables, one `KEY=value` per line; `parse_variable_lines` reads it."""
    return forms.CharField(
        label=_("Variables"),
        required=False,
        strip=False,
        max_length=MAX_VARIABLE_LINES_LENGTH,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
        help_text=help_text,
    )


def parse_variable_lines(text: str) -> list[dict[str, str]]:
    """Parse lines of `KEY=value` into `[{"key", "value", "variable_type"}]`; blank lines are skipped.

    Raises ValidationError that quotes the first line that is not of this form.
    """
    variables = []
    for line in text.splitlines():
        if not line.strip():
            continue
        key, separator, value = line.partition("=")
        if not separator or not is_variable_key(key.strip()):
            raise ValidationError(_("“%(line)s” is not KEY=value."), params={"line": line[:60]})
        variables.append({"key": key.strip(), "value": value, "variable_type": "env_var"})
    return variables


def with_unix_newlines(text: str) -> str:
    """Browsers submit CRLF line endings, whatever the text had."""
    return text.replace("\r\n", "\n")
