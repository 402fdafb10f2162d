"""Forms of the pages of groups and projects."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from identity.models import User
from projects.choices import ROLES, VISIBILITIES
from projects.models import Group, Project
from projects.paths import slug
from tokenaccess.policy.levels import FeatureLevel, Role, Visibility


class MemberForm(forms.Form):
    """A role and until when. `makes_owners`: whether the person who fills it in may give the owner's role."""

    role = forms.TypedChoiceField(label=_("Role"), choices=ROLES, coerce=int, initial=Role.DEVELOPER)
    expires_at = forms.DateField(
        label=_("Ends on"),
        required=False,
        help_text=_("From this day on (UTC) it counts no longer. Empty for no end."),
        widget=forms.DateInput(attrs={"type": "date"}),
    )

    def __init__(self, *args: Any, makes_owners: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not makes_owners:
            field: Any = self.fields["role"]
            field.choices = [(role, name) for role, name in ROLES if role != Role.OWNER]


class NewMemberForm(MemberForm):
    username = forms.CharField(
        label=_("User name"),
        max_length=150,
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false", "autocomplete": "off"}),
    )
    field_order = ["username", "role", "expires_at"]

    def clean_username(self) -> User:
        """The person of that name."""
        name = self.cleaned_data["username"]
        person = User.objects.filter(username__iexact=name).first()
        if person is None:
            raise forms.ValidationError(
                _("There is nobody called %(name)s. Check the spelling."), params={"name": name}
            )
        return person


class _NewPlaceForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=255)
    path = forms.CharField(
        label=_("Path"),
        max_length=255,
        required=False,
        help_text=_("As it stands in addresses: letters, digits, “_”, “-” and “.”. Empty to make it from the name."),
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false"}),
    )
    description = forms.CharField(
        label=_("Description"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    visibility = forms.TypedChoiceField(
        label=_("Who may see it"), choices=VISIBILITIES, coerce=int, initial=Visibility.PRIVATE,
        help_text=_("Private: its members. Internal: everyone signed in. Public: everyone."),
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if not data.get("path"):
            data["path"] = slug(data.get("name", ""))
        return data


class NewProjectForm(_NewPlaceForm):
    group = forms.ModelChoiceField(label=_("In"), queryset=Group.objects.none(), required=False)
    with_readme = forms.BooleanField(label=_("Begin with a README"), required=False, initial=True)
    field_order = ["name", "path", "group", "description", "visibility", "with_readme"]

    def __init__(self, *args: Any, person: User, groups: QuerySet[Group], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["group"]
        field.queryset = groups
        field.empty_label = _("%(name)s (your own)") % {"name": person.username}


class NewGroupForm(_NewPlaceForm):
    parent = forms.ModelChoiceField(
        label=_("In"), queryset=Group.objects.none(), required=False, empty_label=_("No group: at the top")
    )
    field_order = ["name", "path", "parent", "description", "visibility"]

    def __init__(self, *args: Any, groups: QuerySet[Group], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["parent"]
        field.queryset = groups


class SettingsForm(forms.ModelForm):
    class Meta:
        model = Project
        fields = (
            "name", "description", "visibility", "default_branch",
            "repository_access_level", "builds_access_level", "package_registry_access_level",
            "ci_config_path", "build_timeout", "git_depth", "public_jobs", "shared_runners_enabled",
            "keep_latest_artifact",
        )  # fmt: skip
        labels = {
            "name": _("Name"),
            "description": _("Description"),
            "visibility": _("Who may see it"),
            "default_branch": _("Default branch"),
            "repository_access_level": _("Repository"),
            "builds_access_level": _("CI/CD"),
            "package_registry_access_level": _("Package registry"),
            "ci_config_path": _("Configuration file"),
            "build_timeout": _("Longest run of a job"),
            "git_depth": _("Commits that a job fetches"),
            "public_jobs": _("Whoever may see the project may see its pipelines and logs"),
            "shared_runners_enabled": _("Runners of the instance may take its jobs"),
            "keep_latest_artifact": _("Keep the artifacts of the latest success of each branch and tag"),
        }
        help_texts = {
            "visibility": _("Private: its members. Internal: everyone signed in. Public: everyone."),
            "ci_config_path": _("Empty for .gitlab-ci.yml."),
            "build_timeout": _("In seconds, from 600 to 2592000."),
            "git_depth": _("From 0 to 1000; 0 fetches all."),
            "keep_latest_artifact": _("They stay past their time. If turned off, they go with the next clean-up."),
        }
        widgets = {"description": forms.Textarea(attrs={"rows": 3})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("repository_access_level", "builds_access_level", "package_registry_access_level"):
            field: Any = self.fields[name]
            field.choices = [
                (FeatureLevel.DISABLED.value, _("Nobody: switched off")),
                (FeatureLevel.PRIVATE.value, _("Members only")),
                (FeatureLevel.ENABLED.value, _("Everyone who may see the project")),
            ]

    def hold(self, name: str, why: str) -> None:
        """The field is shown and stays as it is, with the reason."""
        self.fields[name].disabled, self.fields[name].help_text = True, why


# What the services call a field, where a form calls it otherwise.
FIELD_NAMES = {
    "access_level": "role",
    "visibility_level": "visibility",
    "parent_id": "parent",
    "ci_default_git_depth": "git_depth",
}
