"""What a project does about job tokens that are used from elsewhere."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from projects.models import Project
from tokenaccess.access.facts import settings_of
from tokenaccess.access_log.address_reports import AddressShare, share_of_project
from tokenaccess.adapters.pages import PageRequest, current_user, requires
from tokenaccess.allowlist import services
from tokenaccess.errors import TokenAccessError
from tokenaccess.explanation.error_wording import error_words
from tokenaccess.models import TokenAccessSettings
from tokenaccess.policy import Action
from tokenaccess.policy.levels import AddressMode
from tokenaccess.views.frame import render_token_access

MODES = {mode.name.lower(): mode for mode in AddressMode}
DONE = {
    AddressMode.OFF: gettext_lazy("Job tokens that are used from elsewhere are recorded, no more."),
    AddressMode.TRIAL: gettext_lazy(
        "Job tokens that are used from elsewhere are on trial: what would be refused is recorded."
    ),
    AddressMode.REFUSE: gettext_lazy("Job tokens that are used from elsewhere are refused now."),
}


@requires(Action.READ_TOKEN_ACCESS, POST=Action.MANAGE_TOKEN_ACCESS)
@require_POST
def address_check(request: PageRequest, project_path: str) -> HttpResponse:
    """`mode=off|trial|refuse`; `confirmed` once the user has seen whom it would refuse."""
    project = request.access.project
    mode = MODES.get(request.POST.get("mode", ""))
    if mode is None:
        messages.error(request, _("Nothing was changed: say what to do about such tokens."))
        return redirect("project_token_access", project.full_path)
    share, is_tried = share_of_project(project), settings_of(project).address_mode != AddressMode.OFF
    if mode is AddressMode.REFUSE and is_tried and share.elsewhere and not request.POST.get("confirmed"):
        return render_token_access(request, "confirm_address_check.html", **_confirmation(project, share))
    try:
        services.set_address_mode(project, mode, by=current_user(request))
    except TokenAccessError as error:
        messages.error(request, _("Nothing was changed: %(why)s") % {"why": error_words(error.message)})
    else:
        messages.success(request, DONE[mode])
    return redirect("project_token_access", project.full_path)


def address_panel(project: Project, settings: TokenAccessSettings) -> dict[str, Any]:
    """For the page of the settings. One statement."""
    mode, share = AddressMode(settings.address_mode), share_of_project(project)
    return {"address_mode": mode.name.lower(), "address_sentence": share.sentence, "address_share": share}


def _confirmation(project: Project, share: AddressShare) -> dict[str, Any]:
    what = ngettext("job would have been refused.", "jobs would have been refused.", share.elsewhere)
    why = ngettext(
        "Of %(jobs)d that used its token here or came from here, in %(days)d days.",
        "Of %(jobs)d that used their tokens here or came from here, in %(days)d days.",
        share.jobs,
    ) % {"jobs": share.jobs, "days": share.days}
    return {
        "question": _("Refuse tokens of %(path)s that are used from elsewhere?") % {"path": project.full_path},
        "button": _("Refuse them"),
        "keep": _("Do not refuse them"),
        "effects": [(share.elsewhere, what, why)],
        "stays": _(
            "If those jobs do run there, name the network on the runner's page first. A trial shows which they are."
        ),
        "fields": {"mode": "refuse", "confirmed": "1"},
    }
