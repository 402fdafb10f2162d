"""Forms that take projects and groups to other places, copy them, and invite groups."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from projects.forms.projects import MemberForm
from projects.models import Group, Project
from projects.models.choices import VISIBILITIES


class InvitationForm(MemberForm):
    """A group, the most that its members are here, and until when."""

    group = forms.CharField(
        label=_("Group"),
        max_length=1024,
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false", "autocomplete": "off"}),
        help_text=_("Its full path, such as acme/backend."),
    )
    field_order = ["group", "role", "expires_at"]
    service_names = {**MemberForm.service_names, "shared_with_group_id": "group", "base": "group"}


class TransferForm(forms.Form):
    """`top`: the words for no group, where that is a choice."""

    group = forms.ModelChoiceField(label=_("Group"), queryset=Group.objects.none(), required=False)
    service_names = {"path": "group", "base": "group", "visibility_level": "group"}

    def __init__(self, *args: Any, groups: QuerySet[Group], top: Any = None, **options: Any) -> None:
        super().__init__(*args, **options)
        field: Any = self.fields["group"]
        field.queryset = groups
        field.required = top is None
        field.empty_label = top


class ForkForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=255)
    path = forms.CharField(label=_("Path"), max_length=255)
    group = forms.ModelChoiceField(label=_("Group"), queryset=Group.objects.none(), required=False)
    visibility = forms.TypedChoiceField(label=_("Visibility"), coerce=int)
    service_names = {"visibility_level": "visibility"}

    def __init__(self, *args: Any, origin: Project, personal: str, groups: QuerySet[Group], **options: Any) -> None:
        super().__init__(*args, **{"initial": {"name": origin.name, "path": origin.path}, **options})
        group: Any = self.fields["group"]
        group.queryset, group.empty_label = groups, personal
        visibility: Any = self.fields["visibility"]
        visibility.choices = [(level, label) for level, label in VISIBILITIES if level <= origin.visibility]
