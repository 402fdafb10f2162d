"""What the pages of Token Access share."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _

from projects.models import Project
from tokenaccess import effects
from tokenaccess.models import InstanceSettings


def frame(project: Project, **more: Any) -> dict[str, Any]:
    return {"project": project, "days": effects.DAYS, "nav_current": "project_token_access", **more}


def helped(form: forms.Form) -> Any:
    """The form, its help saying what the instance asks of an editor."""
    if not InstanceSettings.current().editor_needs_both:
        form.fields["path"].help_text = _("The full path of something you may see.")
    return form
