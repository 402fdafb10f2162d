"""Forms for allowlist entries and their permissions."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from tokenaccess.allowlist.permissions import RESOURCES, Resource
from tokenaccess.models.list_entry import ListEntry

MAX_PATH_LENGTH = 1024
DEFAULT, CHOSEN = "default", "chosen"


def _choices(resource: Resource) -> list[tuple[str, Any]]:
    choices: list[tuple[str, Any]] = [("", _("None")), (str(resource.read), _("Read"))]
    if resource.write is not None:
        choices.append((str(resource.write), _("Read and write")))
    return choices


_RESOURCE_FIELDS = {
    f"p-{resource.name}": forms.ChoiceField(label=resource.label, choices=_choices(resource), required=False)
    for resource in RESOURCES
}


class PermissionsForm(forms.Form):
    """A radio for default or chosen permissions, and one select per resource."""

    permissions = forms.ChoiceField(
        label=_("Permissions"),
        choices=[
            (DEFAULT, _("Everything that the role of the user who started the job allows")),
            (CHOSEN, _("Only the permissions chosen below, within that role")),
        ],
        initial=DEFAULT,
        widget=forms.RadioSelect,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields.update(deepcopy(_RESOURCE_FIELDS))

    @property
    def resources(self) -> list[forms.BoundField]:
        return [self[name] for name in _RESOURCE_FIELDS]

    @property
    def is_chosen(self) -> bool:
        return bool(self["permissions"].value() == CHOSEN)

    @property
    def default_permissions(self) -> bool:
        return bool(self.cleaned_data["permissions"] == DEFAULT)

    @property
    def permission_names(self) -> list[str]:
        """The permissions chosen, even if default permissions override them."""
        return [value for name in _RESOURCE_FIELDS if (value := self.cleaned_data.get(name))]

    @classmethod
    def for_entry(cls, entry: ListEntry) -> PermissionsForm:
        """With the current permissions of `entry`."""
        initial: dict[str, str] = {"permissions": DEFAULT if entry.default_permissions else CHOSEN}
        for name, resource in zip(_RESOURCE_FIELDS, RESOURCES, strict=True):
            initial[name] = resource.highest_permission(entry.permissions) or ""
        return cls(initial=initial)


class PathForm(forms.Form):
    path = forms.CharField(
        label=_("Project"),
        max_length=MAX_PATH_LENGTH,
        error_messages={"required": _("Enter the full path of a project.")},
        help_text=_("The full path. You must be a maintainer there as well."),
        widget=forms.TextInput(attrs={"placeholder": "group/project", "autocomplete": "off", "spellcheck": "false"}),
    )

    def clean_path(self) -> str:
        """Tolerate surrounding spaces and slashes."""
        return str(self.cleaned_data["path"]).strip().strip("/")


class AddForm(PermissionsForm, PathForm):
    """An entry of the inbound list: a project or a group."""

    field_order = ("path", "permissions")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["path"].label = _("Project or group")
        self.fields["path"].error_messages["required"] = _("Enter the full path of a project or group.")
