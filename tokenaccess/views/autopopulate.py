"""Add the projects in the authentication log to the allowlist, and undo that (job-token.md §5.3, §6)."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from projects.models import Group, Project
from tokenaccess.adapters.pages import PageRequest, current_user, form_page, requires
from tokenaccess.allowlist import services
from tokenaccess.allowlist.services.autopopulate import plan_autopopulate
from tokenaccess.allowlist.targets import can_see
from tokenaccess.errors import ErrorCode, TokenAccessError
from tokenaccess.models import AllowlistEntry
from tokenaccess.policy import Action
from tokenaccess.views.frame import render_token_access


@requires(Action.READ_TOKEN_ACCESS, POST=Action.MANAGE_TOKEN_ACCESS)
@form_page
def autopopulate(request: PageRequest, project_path: str) -> HttpResponse:
    """GET shows what would be added; POST adds it."""
    project, user = request.access.project, current_user(request)
    try:
        if request.method != "POST":
            plan = plan_autopopulate(project)
            targets: list[Project | Group] = [*plan.groups, *plan.projects]
            visible_paths = [target.full_path for target in targets if can_see(user, target)]
            hidden_count = len(targets) - len(visible_paths)
            return render_token_access(
                request, "autopopulate.html", plan=plan, visible_paths=visible_paths, hidden_count=hidden_count
            )
        added = len(services.autopopulate(project, by=user))
    except TokenAccessError as error:
        messages.error(request, _error_text(error))
        return redirect("project_token_access", project.full_path)
    done = ngettext(
        "%(count)d entry added from the authentication log.",
        "%(count)d entries added from the authentication log.",
        added,
    )
    messages.success(request, done % {"count": added} + " " + _("Only projects on the allowlist have access now."))
    return redirect("project_token_access", project.full_path)


@requires(Action.READ_TOKEN_ACCESS, POST=Action.MANAGE_TOKEN_ACCESS)
@form_page
def clear(request: PageRequest, project_path: str) -> HttpResponse:
    """Remove the entries that were added from the log."""
    project = request.access.project
    if request.method != "POST":
        auto = AllowlistEntry.objects.inbound().filter(project=project, autopopulated=True).count()
        return render_token_access(request, "clear_autopopulated.html", autopopulated_count=auto)
    gone = services.clear_autopopulated(project, by=current_user(request))
    done = ngettext("%(count)d entry removed.", "%(count)d entries removed.", gone)
    messages.success(request, done % {"count": gone})
    return redirect("project_token_access", project.full_path)


def _error_text(error: TokenAccessError) -> str:
    match error.code:
        case ErrorCode.TOO_MANY:
            return _(
                "The log contains more projects than fit on the allowlist, and they have too few groups in common."
            )
        case ErrorCode.FORBIDDEN:
            return _("Nothing was added: you are not a maintainer of some projects in the log. Add yours one by one.")
        case _:
            return error.message
