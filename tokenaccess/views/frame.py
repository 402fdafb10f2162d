"""What the pages of Token Access share."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from pages.frame import render_page
from projects.models import Group, Project
from tokenaccess.adapters.pages import PageRequest, View, current_user, requires
from tokenaccess.allowlist.group_rules.group_lock import locked_sentence, locking_rule
from tokenaccess.allowlist.impact import impact
from tokenaccess.policy import Action


def render_token_access(request: PageRequest, template: str, *, form: forms.Form | None = None, **context: Any) -> Any:
    """Of a project, or of a group."""
    values = {"days": impact.WINDOW_DAYS, **context}
    return render_page(
        request, f"tokenaccess/{template}", values, nav=f"{target_of(request).kind}_token_access", form=form
    )


def target_of(request: PageRequest) -> Project | Group:
    """Whose Token Access the page is about."""
    target = request.access.target
    assert target is not None  # the addresses of these pages name one
    return target


def back_to(request: PageRequest, name: str, *args: Any) -> HttpResponse:
    """To a page that projects and groups have alike."""
    target = target_of(request)
    return redirect(f"{target.kind}_{name}", target.full_path, *args)


def of_both(*views: View) -> list[tuple[View, View]]:
    """The views for a project and for a group, behind the gate."""
    return [
        (
            requires(Action.READ_TOKEN_ACCESS, POST=Action.MANAGE_TOKEN_ACCESS)(view),
            requires(Action.READ_GROUP_TOKEN_ACCESS, POST=Action.MANAGE_GROUP_TOKEN_ACCESS)(view),
        )
        for view in views
    ]


def lock_sentence(request: PageRequest) -> str:
    """Why nothing can be opened here: a group above locks it. "" where none does."""
    rule = locking_rule(target_of(request))
    return "" if rule is None else locked_sentence(rule, current_user(request))


def with_days(sentence: str) -> str:
    """A sentence with the length of the window that the figures of these pages cover."""
    return sentence % {"days": impact.WINDOW_DAYS}


def with_editor_help(form: forms.Form, *, needs_both: bool) -> Any:
    """The form, with help text for the role that the instance requires on the other side."""
    if not needs_both:
        form.fields["path"].help_text = _("The full path of something you can see.")
    return form


def with_candidates(form: forms.Form, holder: Project | Group, query: str = "") -> Any:
    """The form, whose path is completed while it is typed (static/combobox.js), by the API with `query`."""
    form.fields["path"].widget.attrs |= {
        "data-candidates": reverse(f"{holder.kind}_token_access_candidates", args=[holder.pk]) + query,
        "data-suggestions": _("Suggestions"),
        "data-project": _("project"),
        "data-group": _("group"),
        "data-listed": _("on the list already"),
        "data-foreign": _("you are not a maintainer there"),
        "data-found": _("Suggestions: 0. Use the arrow keys."),
        "data-none": _("No suggestions."),
    }
    return form
