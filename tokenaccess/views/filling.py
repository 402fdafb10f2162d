"""Filling the list from the log of who came in, and taking that back (job-token.md §5.3, §6)."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from projects.models import Group, Project
from tokenaccess import editors, services
from tokenaccess.errors import Code, TokenAccessError
from tokenaccess.models import AllowlistEntry
from tokenaccess.policy import Action
from tokenaccess.services.autopopulate import plan_for
from tokenaccess.views.frame import frame
from tokenaccess.web import PageRequest, acting, form_page, requires


@requires(Action.READ_TOKEN_ACCESS, POST=Action.MANAGE_TOKEN_ACCESS)
@form_page
def fill(request: PageRequest, project_path: str) -> HttpResponse:
    """GET: what would be added; POST: done."""
    project, user = request.access.project, acting(request)
    try:
        if request.method != "POST":
            plan = plan_for(project)
            places: list[Project | Group] = [*plan.groups, *plan.projects]
            seen = [place.full_path for place in places if editors.sees(user, place)]
            shown = frame(project, plan=plan, seen=seen, hidden=len(places) - len(seen))
            return render(request, "tokenaccess/fill.html", shown)
        added = len(services.autopopulate(project, by=user))
    except TokenAccessError as error:
        messages.error(request, _worded(error))
        return redirect("project_token_access", project.full_path)
    done = ngettext("%(count)d entry was added from the log.", "%(count)d entries were added from the log.", added)
    messages.success(request, done % {"count": added} + " " + _("Only projects on the list come in now."))
    return redirect("project_token_access", project.full_path)


@requires(Action.READ_TOKEN_ACCESS, POST=Action.MANAGE_TOKEN_ACCESS)
@form_page
def clear(request: PageRequest, project_path: str) -> HttpResponse:
    """Takes the entries that came from the log off the list."""
    project = request.access.project
    if request.method != "POST":
        auto = AllowlistEntry.objects.inbound().filter(project=project, autopopulated=True).count()
        return render(request, "tokenaccess/clear.html", frame(project, auto_added=auto))
    gone = services.clear_autopopulated(project, by=acting(request))
    done = ngettext("%(count)d entry from the log is gone.", "%(count)d entries from the log are gone.", gone)
    messages.success(request, done % {"count": gone})
    return redirect("project_token_access", project.full_path)


def _worded(error: TokenAccessError) -> str:
    match error.code:
        case Code.TOO_MANY:
            return _("The log holds more projects than the list can, and they have too few groups in common.")
        case Code.FORBIDDEN:
            return _("Nothing was added: the log holds projects of which you are not maintainer. Add yours one by one.")
        case _:
            return error.message
