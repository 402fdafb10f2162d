"""What a service refuses, put where it belongs on a form."""

from __future__ import annotations

from collections.abc import Mapping

from django import forms
from django.core.exceptions import ValidationError


def add_service_error(form: forms.BaseForm, error: ValidationError) -> None:
    """Each text at its field; what names no field of the form stands above it.

    `form.service_names`, where a form has it: a service's name for a value → the form's field for it.
    """
    names: Mapping[str, str] = getattr(form, "service_names", {})
    by_field = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
    for name, texts in by_field.items():
        field = names.get(name, name)
        for text in texts:
            # The API's texts go on from the field's name; a sentence of its own starts with a capital.
            form.add_error(field if field in form.fields else None, text[:1].upper() + text[1:])
