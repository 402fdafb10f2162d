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

    networks = forms.CharField(
        label=_("Networks"),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_(
            "Where its jobs may use their tokens besides the address it takes them from; one a line: 10.0.0.0/8."
        ),
    )

    class Meta:
        model = Runner
        fields = ("description", "tag_list", "run_untagged", "access_level", "maximum_timeout", "networks", "paused")
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
            self.initial["networks"] = "\n".join(self.instance.networks)

    def clean_tag_list(self) -> list[str]:
        return [tag.strip() for tag in self.cleaned_data["tag_list"].split(",") if tag.strip()]

    def clean_networks(self) -> list[str]:
        given: str | list[str] = self.cleaned_data["networks"]
        return given if isinstance(given, list) else given.replace(",", " ").split()

    def lock_networks(self) -> None:
        """For who may not trust a network for all projects that the runner serves."""
        self.fields["networks"].disabled = True
        self.fields["networks"].help_text = _(
            "The runner serves projects that you do not maintain: ask an administrator."
        )

    def _post_clean(self) -> None:
        """Leave the instance as it is in the database: the services apply the changes."""

    def settings(self) -> dict[str, Any]:
        """The fields for `create_runner` and `update_runner`."""
        return {name: value for name, value in self.cleaned_data.items() if name in self.Meta.fields}
