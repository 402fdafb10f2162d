"""Forms for allowlist entries and their permissions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, TypedDict

from django import forms
from django.utils.translation import gettext_lazy as _

from tokenaccess.allowlist.permissions import RESOURCES, Resource
from tokenaccess.models.list_entry import ListEntry

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

    from tokenaccess.sources.candidates import Candidate

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
_ResourcesForm = type("_ResourcesForm", (forms.Form,), dict(_RESOURCE_FIELDS))


class Grant(TypedDict):
    """What an entry lets jobs do, as the services take it. `permissions`: those chosen, even if the default overrides
    them."""

    default_permissions: bool
    permissions: list[str]


class PermissionsForm(_ResourcesForm):  # type: ignore[misc, valid-type] # its fields are made from the resources
    """A radio for default or chosen permissions, and one select per resource."""

    field_order: Iterable[str] | None = ("permissions",)
    permissions = forms.ChoiceField(
        label=_("Permissions"),
        choices=[
            (DEFAULT, _("Everything that the role of the user who started the job allows")),
            (CHOSEN, _("Only the permissions chosen below, within that role")),
        ],
        initial=DEFAULT,
        widget=forms.RadioSelect,
    )

    @property
    def resources(self) -> list[forms.BoundField]:
        return [self[name] for name in _RESOURCE_FIELDS]

    @property
    def is_chosen(self) -> bool:
        return bool(self["permissions"].value() == CHOSEN)

    @property
    def grant(self) -> Grant:
        chosen = [value for name in _RESOURCE_FIELDS if (value := self.cleaned_data.get(name))]
        return {"default_permissions": self.cleaned_data["permissions"] == DEFAULT, "permissions": chosen}

    @classmethod
    def for_entry(cls, entry: ListEntry) -> PermissionsForm:
        """With the current permissions of `entry`."""
        initial: dict[str, str] = {"permissions": DEFAULT if entry.default_permissions else CHOSEN}
        for name, resource in zip(_RESOURCE_FIELDS, RESOURCES, strict=True):
            initial[name] = resource.highest_permission(entry.permissions) or ""
        return cls(initial=initial)


def _path_field(label: StrPromise, *, required: StrPromise) -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=MAX_PATH_LENGTH,
        error_messages={"required": required},
        help_text=_("The full path. You must be a maintainer there as well."),
        widget=forms.TextInput(attrs={"placeholder": "group/project", "autocomplete": "off", "spellcheck": "false"}),
    )


class PathForm(forms.Form):
    """`candidates`: what was found by a search without script; None where nobody searched."""

    candidates: list[Candidate] | None = None
    path = _path_field(_("Project"), required=_("Enter the full path of a project."))

    def clean_path(self) -> str:
        """Tolerate surrounding spaces and slashes."""
        return str(self.cleaned_data["path"]).strip().strip("/")


class AddForm(PermissionsForm, PathForm):
    """An entry of the inbound list: a project or a group."""

    field_order = ("path", "permissions")
    path = _path_field(_("Project or group"), required=_("Enter the full path of a project or group."))
