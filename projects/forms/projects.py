"""Forms of the pages of groups and projects."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from identity.models import User
from projects.models import Group, Project
from projects.models.choices import ROLES, VISIBILITIES
from projects.paths import slug
from tokenaccess.policy import features
from tokenaccess.policy.levels import FeatureLevel, Role, Visibility

# What the services call a field, where a form calls it otherwise.
_SERVICE_NAMES = {
    "access_level": "role",
    "visibility_level": "visibility",
    "parent_id": "parent",
    "ci_default_git_depth": "git_depth",
    "ci_id_token_sub_claim_components": "id_token_subject",
}
FEATURE_LABELS = {
    "repository_access_level": _("Repository"),
    "builds_access_level": _("CI/CD"),
    "package_registry_access_level": _("Package registry"),
    "container_registry_access_level": _("Container registry"),
}


class MemberForm(forms.Form):
    """A role and until when. `makes_owners`: whether the person who fills it in may give the owner's role."""

    service_names = _SERVICE_NAMES
    role = forms.TypedChoiceField(label=_("Role"), choices=ROLES, coerce=int, initial=Role.DEVELOPER)
    expires_at = forms.DateField(
        label=_("Expiration date"),
        required=False,
        help_text=_("The role ends at the beginning of this day (UTC). Leave empty for no expiry."),
        widget=forms.DateInput(attrs={"type": "date"}),
    )

    def __init__(self, *args: Any, makes_owners: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not makes_owners:
            field: Any = self.fields["role"]
            field.choices = [(role, name) for role, name in ROLES if role != Role.OWNER]


class NewMemberForm(MemberForm):
    username = forms.CharField(
        label=_("Username"),
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
                _("There is no user named %(name)s. Check the spelling."), params={"name": name}
            )
        return person


class _NewNamespaceForm(forms.Form):
    service_names = _SERVICE_NAMES
    name = forms.CharField(label=_("Name"), max_length=255)
    path = forms.CharField(
        label=_("Path"),
        max_length=255,
        required=False,
        help_text=_("Used in URLs: letters, digits, “_”, “-” and “.”. Leave empty to derive it from the name."),
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false"}),
    )
    description = forms.CharField(
        label=_("Description"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    visibility = forms.TypedChoiceField(
        label=_("Visibility"), choices=VISIBILITIES, coerce=int, initial=Visibility.PRIVATE,
        help_text=_("Private: members only. Internal: all signed-in users. Public: everyone."),
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if not data.get("path"):
            data["path"] = slug(data.get("name", ""))
        return data


class NewProjectForm(_NewNamespaceForm):
    group = forms.ModelChoiceField(label=_("Group"), queryset=Group.objects.none(), required=False)
    with_readme = forms.BooleanField(label=_("Initialize with a README"), required=False, initial=True)
    field_order = ["name", "path", "group", "description", "visibility", "with_readme"]

    def __init__(self, *args: Any, person: User, groups: QuerySet[Group], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["group"]
        field.queryset = groups
        field.empty_label = _("%(name)s (personal)") % {"name": person.username}


class NewGroupForm(_NewNamespaceForm):
    parent = forms.ModelChoiceField(
        label=_("Parent group"), queryset=Group.objects.none(), required=False, empty_label=_("No parent group")
    )
    field_order = ["name", "path", "parent", "description", "visibility"]

    def __init__(self, *args: Any, groups: QuerySet[Group], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["parent"]
        field.queryset = groups


class WordsField(forms.CharField):
    """A list of words, with commas between them."""

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        return value if isinstance(value, list) else [word.strip() for word in (value or "").split(",") if word.strip()]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(self.to_python(initial) != self.to_python(data))


class SettingsForm(forms.ModelForm):
    service_names = _SERVICE_NAMES
    id_token_subject = WordsField(
        label=_("Subject of ID tokens"),
        help_text=_("Claims, with commas between them: project_path or project_id, then for example ref_type, ref."),
    )

    class Meta:
        model = Project
        fields = (
            "name", "description", "visibility", "default_branch",
            *features.columns(),
            "lfs_enabled", "ci_config_path", "build_timeout", "git_depth", "public_jobs", "shared_runners_enabled",
            "keep_latest_artifact", "pipeline_variables_level", "auto_cancel_pipelines", "separate_caches",
            "id_token_subject",
        )  # fmt: skip
        labels = {
            "name": _("Name"),
            "description": _("Description"),
            "visibility": _("Visibility"),
            "default_branch": _("Default branch"),
            "lfs_enabled": _("Git LFS: large files are kept outside the commits"),
            "ci_config_path": _("CI file"),
            "build_timeout": _("Job timeout"),
            "git_depth": _("Git depth"),
            "public_jobs": _("Pipelines and logs are visible to everyone who can see the project"),
            "shared_runners_enabled": _("Allow instance runners"),
            "pipeline_variables_level": _("Who may set variables when running a pipeline or a job"),
            "auto_cancel_pipelines": _("Cancel pipelines that a newer commit makes redundant"),
            "separate_caches": _("Separate caches for protected branches and tags"),
            "keep_latest_artifact": _("Keep the artifacts of the latest successful pipeline of each branch and tag"),
        }
        help_texts = {
            "separate_caches": _("Otherwise a job of any branch can put something into what a deployment restores."),
            "visibility": _("Private: members only. Internal: all signed-in users. Public: everyone."),
            "ci_config_path": _(
                "Leave empty for .gitlab-ci.yml. A file of another project: file@group/project:branch."
            ),
            "lfs_enabled": _("If turned off, git-lfs finds nothing here; what was uploaded stays."),
            "build_timeout": _("In seconds, from 600 to 2592000."),
            "git_depth": _("Number of commits that a job fetches, from 0 to 1000; 0 fetches all."),
            "keep_latest_artifact": _("They are kept past their expiry. If turned off, the next cleanup deletes them."),
        }
        widgets = {"description": forms.Textarea(attrs={"rows": 3})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in features.columns():
            field: Any = self.fields[name]
            field.label = FEATURE_LABELS.get(name, field.label)
            field.choices = [
                (FeatureLevel.DISABLED.value, _("Disabled")),
                (FeatureLevel.PRIVATE.value, _("Members only")),
                (FeatureLevel.ENABLED.value, _("Everyone who can see the project")),
            ]

    @property
    def feature_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in features.columns()]

    def lock_field(self, name: str, why: str) -> None:
        """The field is shown and stays as it is, with the reason."""
        self.fields[name].disabled, self.fields[name].help_text = True, why
