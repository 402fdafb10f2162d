"""The form that checks a CI file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from ci_config import InputSpec
from jobs.forms.inputs import InputFieldsMixin
from jobs.forms.shared import parse_variable_lines, variable_lines_field, with_unix_newlines
from jobs.models.pipeline import Source
from jobs.pipelines.lint import LintOptions

MAX_LENGTH = 1024 * 1024
SOURCES = [
    (Source.PUSH, _("A push")),
    (Source.WEB, _("A person, on a page")),
    (Source.API, _("The API")),
    (Source.SCHEDULE, _("A schedule")),
    (Source.TRIGGER, _("A trigger")),
    (Source.PIPELINE, _("Another project's pipeline")),
    (Source.PARENT, _("A parent pipeline")),
]


class LintForm(InputFieldsMixin):
    """A CI file, the pipeline that it is checked for, and a field for each input that the file declares."""

    content = forms.CharField(
        label=_("Content of the CI file"),
        strip=False,
        max_length=MAX_LENGTH,
        widget=forms.Textarea(attrs={"rows": 18, "spellcheck": "false", "class": "font-monospace"}),
    )
    ref = forms.CharField(
        label=_("Branch or tag"),
        required=False,
        max_length=1024,
        help_text=_("The file is validated as if pushed there. Leave empty for the default branch."),
    )
    source = forms.ChoiceField(
        label=pgettext_lazy("pipeline", "Started by"), choices=SOURCES, required=False, initial=Source.PUSH
    )
    variables = variable_lines_field(_("One per line, as KEY=value, as if given when the pipeline is started."))

    def __init__(self, *args: Any, inputs: Mapping[str, InputSpec], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.add_input_fields(inputs, {})

    def clean_content(self) -> str:
        return with_unix_newlines(str(self.cleaned_data["content"]))

    def clean_variables(self) -> list[dict[str, str]]:
        return parse_variable_lines(self.cleaned_data["variables"])

    @property
    def options(self) -> LintOptions:
        values = self.cleaned_data
        source = values["source"] or Source.PUSH.value
        return LintOptions(values["ref"], source, values["variables"], self.submitted_inputs)
