"""The conditions of an entry as lines of a text, in the words of the rules file."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from tokenaccess.policy.conditions import FLAGS


class ConditionsField(forms.CharField):
    """`branches: main, release/*` and `protected_refs: yes`, each on a line of its own; a map. Which there are and
    what may be in them, the services say."""

    def __init__(self) -> None:
        super().__init__(
            label=_("Conditions"),
            required=False,
            widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
            help_text=_("One on a line, as in the rules file: protected_refs: yes, or branches: main, release/*."),
        )

    def to_python(self, value: Any) -> Any:
        conditions: dict[str, Any] = {}
        for line in filter(str.strip, (super().to_python(value) or "").splitlines()):
            name, colon, text = (part.strip() for part in line.partition(":"))
            if not (name and colon and text):
                raise forms.ValidationError(_("Write “name: value” on each line."))
            conditions[name] = _flag(name, text) if name in FLAGS else [one.strip() for one in text.split(",")]
        return conditions

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return "\n".join(f"{name}: {_words(item)}" for name, item in sorted(value.items()))

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(self.to_python(data) != (initial or {}))
        except forms.ValidationError:
            return True


def _flag(name: str, text: str) -> bool:
    if text.lower() not in ("yes", "no", "true", "false"):
        raise forms.ValidationError(_("Write yes or no after “%(name)s”.") % {"name": name})
    return text.lower() in ("yes", "true")


def _words(item: Any) -> str:
    return ", ".join(map(str, item)) if isinstance(item, list | tuple) else "yes" if item else "no"
