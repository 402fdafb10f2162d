"""How a Django form field is wired: label, help and errors tied to the control for eyes and readers alike."""

from typing import Any

from django import forms
from django.forms.boundfield import BoundField

MULTIPLE = (forms.RadioSelect, forms.CheckboxSelectMultiple)


def kind(field: BoundField) -> str:
    """Which layout a field needs: `hidden`, `choice` (one checkbox), `choices` (a fieldset) or `control`."""
    widget = field.field.widget
    if widget.is_hidden:
        return "hidden"
    if isinstance(widget, forms.CheckboxInput):
        return "choice"
    return "choices" if isinstance(widget, MULTIPLE) else "control"


def control(field: BoundField) -> str:
    """The field's control with our classes; Django itself adds aria-describedby and aria-invalid."""
    attrs: dict[str, Any] = {}
    if kind(field) == "control":
        base = "form-select" if isinstance(field.field.widget, forms.Select) else "form-control"
        given = field.field.widget.attrs.get("class", "")
        attrs["class"] = " ".join(filter(None, [base, given, "is-invalid" if field.errors else ""]))
    if field.errors and field.name == first_invalid(field.form):
        attrs["autofocus"] = True
    return field.as_widget(attrs=attrs)


def first_invalid(form: forms.BaseForm) -> str | None:
    """The name of the first field in page order that has errors: focus goes there."""
    return next((field.name for field in form if field.errors), None)
