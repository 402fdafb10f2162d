"""What the pages of Token Access share."""

from __future__ import annotations

from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _

from pages.frame import render_page
from projects.models import Project
from tokenaccess.adapters.pages import PageRequest
from tokenaccess.allowlist import impact


def render_token_access(request: PageRequest, template: str, *, form: forms.Form | None = None, **context: Any) -> Any:
    values = {"days": impact.WINDOW_DAYS, **context}
    return render_page(request, f"tokenaccess/{template}", values, nav="project_token_access", form=form)


def with_days(sentence: str) -> str:
    """A sentence with the length of the window that the figures of these pages cover."""
    return sentence % {"days": impact.WINDOW_DAYS}


def with_editor_help(form: forms.Form, *, needs_both: bool) -> Any:
    """The form, with help text for the role that the instance requires on the other side."""
    if not needs_both:
        form.fields["path"].help_text = _("The full path of something you can see.")
    return form


def with_candidates(form: forms.Form, project: Project) -> Any:
    """The form, whose path is completed while it is typed (static/combobox.js)."""
    form.fields["path"].widget.attrs |= {
        "data-candidates": reverse("token_access_candidates", args=[project.pk]),
        "data-suggestions": _("Suggestions"),
        "data-project": _("project"),
        "data-group": _("group"),
        "data-listed": _("on the list already"),
        "data-foreign": _("you are not a maintainer there"),
        "data-found": _("Suggestions: 0. Use the arrow keys."),
        "data-none": _("No suggestions."),
    }
    return form
