"""What names, and short texts that stand in sentences, may not have in them."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from text.hidden_characters import find_hidden


def require_visible(*, lines: bool = False, **texts: str) -> None:
    """`texts`: by the field that the error is about. Raises ValidationError, which names the character."""
    found = {field: find_hidden(text, lines=lines) for field, text in texts.items()}
    errors = {field: [_hidden_error(character)] for field, character in found.items() if character}
    if errors:
        raise ValidationError(errors)


def _hidden_error(character: str) -> str:
    return _("must not contain the invisible character %(character)s") % {"character": character}
