"""The form of a runner."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from jobs.models import Runner
from jobs.runners.services import MAX_TIMEOUT, MIN_TIMEOUT


class RunnerForm(forms.ModelForm):
    """The settings of a runner. The services validate and save them."""

    tag_list = forms.CharField(
        label=_("Tags"),
        required=False,
        max_length=2000,
        help_text=_("Separated by commas. A runner takes only jobs whose tags it has."),
    )
    maximum_timeout = forms.IntegerField(
        label=_("Job timeout in seconds"),
        required=False,
        min_value=MIN_TIMEOUT,
        max_value=MAX_TIMEOUT,
        help_text=_("At least 600. Leave empty for the project's timeout."),
    )

    class Meta:
        model = Runner
        fields = ("description", "tag_list", "run_untagged", "access_level", "maximum_timeout", "paused")
        labels = {
            "description": _("Description"),
            "run_untagged": _("Run untagged jobs"),
            "access_level": _("Run jobs of"),
            "paused": _("Paused (takes no new jobs)"),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["tag_list"] = ", ".join(self.instance.tag_list)

    def clean_tag_list(self) -> list[str]:
        return [tag.strip() for tag in self.cleaned_data["tag_list"].split(",") if tag.strip()]

    def _post_clean(self) -> None:
        """Leave the instance as it is in the database: the services apply the changes."""

    def settings(self) -> dict[str, Any]:
        """The fields for `create_runner` and `update_runner`."""
        return {name: value for name, value in self.cleaned_data.items() if name in self.Meta.fields}
