"""What the pages of Token Access share."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _

from identity.models import User
from projects.models import Project
from tokenaccess import effects
from tokenaccess.models import InstanceSettings
from tokenaccess.web import PageRequest


def frame(project: Project, **more: Any) -> dict[str, Any]:
    return {"project": project, "days": effects.DAYS, "nav_current": "project_token_access", **more}


def acting(request: PageRequest) -> User:
    """The signed-in person: the gate lets nobody else get here."""
    user = request.access.user
    assert user is not None
    return user


def helped(form: forms.Form) -> Any:
    """The form, its help saying what the instance asks of an editor."""
    if not InstanceSettings.current().editor_needs_both:
        form.fields["path"].help_text = _("The full path of something you may see.")
    return form
