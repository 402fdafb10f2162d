"""“May a job of A, started by P, do X in B?”"""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpResponse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from tokenaccess.access.id_or_path import IdOrPath
from tokenaccess.adapters.pages import PageRequest, current_user, requires
from tokenaccess.errors import ErrorCode, TokenAccessError
from tokenaccess.explanation.explain import Explanation, explain_access
from tokenaccess.explanation.wording import action_words
from tokenaccess.forms import MAX_PATH_LENGTH
from tokenaccess.policy import Action
from tokenaccess.policy.needs import JOB_ACTIONS
from tokenaccess.views.frame import render_token_access


def _action_choices() -> list[tuple[str, str]]:
    """What a job may ask of a project, in the reader's language."""
    choices = [(action.name.lower(), capfirst(action_words(str(action)))) for action in JOB_ACTIONS]
    return sorted(choices, key=lambda choice: choice[1])


class ExplainForm(forms.Form):
    source = forms.CharField(label=gettext_lazy("A job of the project"), max_length=MAX_PATH_LENGTH)
    username = forms.CharField(
        label=gettext_lazy("Started by"),
        max_length=255,
        required=False,
        help_text=gettext_lazy("A username; you, if it is empty."),
    )
    action = forms.ChoiceField(label=gettext_lazy("Wants to"), choices=_action_choices)
    target = forms.CharField(label=gettext_lazy("In the project"), max_length=MAX_PATH_LENGTH)


@requires(Action.READ_TOKEN_ACCESS)
@require_safe
def explain(request: PageRequest, project_path: str) -> HttpResponse:
    """`…/token_access/explain`: the form, and the answer to what it asks."""
    path = request.access.project.full_path
    asked = "source" in request.GET
    form = ExplainForm(request.GET) if asked else ExplainForm(initial={"target": path, "action": "read_packages"})
    explanation = _explain(request, form) if asked and form.is_valid() else None
    return render_token_access(request, "explain.html", form=form, explain_form=form, explanation=explanation)


def _explain(request: PageRequest, form: ExplainForm) -> Explanation | None:
    """None after adding the error to the form."""
    given: dict[str, Any] = form.cleaned_data
    try:
        return explain_access(
            current_user(request),
            source=IdOrPath.of_path(given["source"].strip().strip("/")),
            target=IdOrPath.of_path(given["target"].strip().strip("/")),
            action=Action[given["action"].upper()],
            username=given["username"].strip(),
        )
    except TokenAccessError as error:
        form.add_error(*_on_form(error))
    return None


def _on_form(error: TokenAccessError) -> tuple[str | None, str]:
    if error.code is not ErrorCode.HIDDEN:
        return None, _("Ask as a maintainer of either project; about somebody else, as a maintainer of the target.")
    if "User" in error.message:
        return "username", _("There is nobody of that name.")
    return "source", _("There is no such project that you can see. Check the spelling.")
