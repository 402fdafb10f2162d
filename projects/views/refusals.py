"""What a service refuses, put where it belongs on a form."""

from __future__ import annotations

from django import forms
from django.core.exceptions import ValidationError

from projects.forms import FIELD_NAMES


def tell(form: forms.BaseForm, error: ValidationError) -> None:
    """Each text at its field; what names no field of the form stands above it."""
    by_field = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
    for name, texts in by_field.items():
        field = FIELD_NAMES.get(name, name)
        known = field if field in form.fields else None
        for text in texts:
            # The API's texts go on from the field's name; a sentence of its own starts with a capital.
            form.add_error(known, text[:1].upper() + text[1:])
