"""Forms of pipelines and runners."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from jobs.models import Runner
from jobs.services.runners import LEAST_TIMEOUT

_KEY = re.compile(r"[A-Za-z0-9_]{1,255}\Z")


class PipelineForm(forms.Form):
    """A ref, and variables as lines `KEY=value`."""

    ref = forms.CharField(label=_("Branch or tag"), max_length=255)
    variables = forms.CharField(
        label=_("Variables"),
        required=False,
        strip=False,
        max_length=60_000,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
        help_text=_("One per line, as KEY=value. They count for this pipeline only."),
    )

    def __init__(self, *args: Any, refs: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["ref"] = forms.ChoiceField(
            label=_("Branch or tag"), choices=[(ref, ref) for ref in dict.fromkeys(refs)]
        )

    def clean_variables(self) -> list[dict[str, str]]:
        found = []
        for line in self.cleaned_data["variables"].splitlines():
            if not line.strip():
                continue
            key, separator, value = line.partition("=")
            if not separator or not _KEY.match(key.strip()):
                raise ValidationError(_("%(line)s is no KEY=value."), params={"line": line[:60]})
            found.append({"key": key.strip(), "value": value, "variable_type": "env_var"})
        return found


class RunnerForm(forms.ModelForm):
    tag_list = forms.CharField(
        label=_("Tags"),
        required=False,
        max_length=2000,
        help_text=_("Separated by commas. A job goes only to a runner that has all of the job's tags."),
    )
    maximum_timeout = forms.IntegerField(
        label=_("Longest job, in seconds"),
        required=False,
        min_value=LEAST_TIMEOUT,
        max_value=2**31 - 1,
        help_text=_("At least 600. Empty: what the project allows."),
    )

    class Meta:
        model = Runner
        fields = ("description", "tag_list", "run_untagged", "access_level", "maximum_timeout", "paused")
        labels = {
            "description": _("Description"),
            "run_untagged": _("Take jobs without tags, too"),
            "access_level": _("Serve"),
            "paused": _("Paused: takes no new job"),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["tag_list"] = ", ".join(self.instance.tag_list)

    def clean_tag_list(self) -> list[str]:
        return [tag.strip() for tag in self.cleaned_data["tag_list"].split(",") if tag.strip()]

    def _post_clean(self) -> None:
        """The services validate and write; the form's instance stays as it is in the database."""

    def settings(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if name in self.Meta.fields}
