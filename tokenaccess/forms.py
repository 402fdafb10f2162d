"""Forms of the settings page: what is let in, and what its jobs may do."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from tokenaccess.models import AllowlistEntry
from tokenaccess.permissions import RESOURCES, Resource

LONGEST_PATH = 1024
DEFAULT, CHOSEN = "default", "chosen"


class PermissionsForm(forms.Form):
    """A radio for "the person's role" or "only what is chosen", and one select per resource."""

    permissions = forms.ChoiceField(
        label=_("What its jobs may do here"),
        choices=[
            (DEFAULT, _("What the role of the person who started the job allows")),
            (CHOSEN, _("Only what is chosen below, and never more than that role allows")),
        ],
        initial=DEFAULT,
        widget=forms.RadioSelect,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for resource in RESOURCES:
            self.fields[_name(resource)] = forms.ChoiceField(
                label=resource.label,
                choices=_choices(resource),
                required=False,
            )

    @property
    def resources(self) -> list[forms.BoundField]:
        return [self[_name(resource)] for resource in RESOURCES]

    @property
    def is_chosen(self) -> bool:
        return bool(self["permissions"].value() == CHOSEN)

    @property
    def default_permissions(self) -> bool:
        return bool(self.cleaned_data["permissions"] == DEFAULT)

    @property
    def granted(self) -> list[str]:
        """The permissions chosen, whether they count or not."""
        return [value for resource in RESOURCES if (value := self.cleaned_data.get(_name(resource)))]

    @classmethod
    def of(cls, entry: AllowlistEntry) -> PermissionsForm:
        """Filled with what the entry grants today."""
        initial: dict[str, str] = {"permissions": DEFAULT if entry.default_permissions else CHOSEN}
        for resource in RESOURCES:
            initial[_name(resource)] = resource.granted(entry.permissions) or ""
        return cls(initial=initial)


class PathForm(forms.Form):
    path = forms.CharField(
        label=_("Project"),
        max_length=LONGEST_PATH,
        error_messages={"required": _("Which project? Write its full path.")},
        help_text=_("The full path. You must be maintainer there as well."),
        widget=forms.TextInput(attrs={"placeholder": "group/project", "autocomplete": "off", "spellcheck": "false"}),
    )

    def clean_path(self) -> str:
        """People paste whole addresses and stray slashes."""
        return str(self.cleaned_data["path"]).strip().strip("/")


class AddForm(PermissionsForm, PathForm):
    """An entry of the inbound list: a project or a group."""

    field_order = ("path", "permissions")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["path"].label = _("Project or group")
        self.fields["path"].error_messages["required"] = _("Which project or group? Write its full path.")


def _name(resource: Resource) -> str:
    return f"p-{resource.name}"


def _choices(resource: Resource) -> list[tuple[str, Any]]:
    choices: list[tuple[str, Any]] = [("", _("None")), (str(resource.read), _("Read"))]
    if resource.write is not None:
        choices.append((str(resource.write), _("Read and write")))
    return choices
