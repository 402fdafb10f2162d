"""The switches: both limits, asked once more when somebody would be shut out or let in, and pushes by own jobs."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from identity.models import User
from projects.models import Project
from tokenaccess import effects, services
from tokenaccess.errors import TokenAccessError
from tokenaccess.policy import Action
from tokenaccess.views.frame import frame
from tokenaccess.web import PageRequest, acting, requires

Effects = list[tuple[int, str, str]]

DONE = {
    ("inbound", True): gettext_lazy("Only projects on the list come in now."),
    ("inbound", False): gettext_lazy("Every project comes in now, with the role of the person behind the job."),
    ("outbound", True): gettext_lazy("Jobs of this project now reach only what is on its list."),
    ("outbound", False): gettext_lazy("Jobs of this project now go wherever they are let in."),
}


@dataclass(frozen=True)
class Question:
    """What is asked before a switch is turned; see partials/confirm.html."""

    question: str
    button: str
    keep: str
    effects: Effects
    stays: str
    icon: str
    about: str = ""
    fields: dict[str, str] = field(default_factory=dict)


@requires(Action.READ_TOKEN_ACCESS, POST=Action.MANAGE_TOKEN_ACCESS)
@require_POST
def limit(request: PageRequest, project_path: str) -> HttpResponse:
    """`inbound=on|off` or `outbound=on|off`; `confirmed` when the person has seen the effects."""
    project = request.access.project
    direction = "outbound" if "outbound" in request.POST else "inbound"
    on = request.POST.get(direction) == "on"
    if request.POST.get(direction) not in {"on", "off"}:
        messages.error(request, _("Nothing was changed: say which limit to turn on or off."))
        return redirect("project_token_access", project.full_path)
    question = None if request.POST.get("confirmed") else ask(project, acting(request), direction, on)
    if question is not None:
        return render(request, "tokenaccess/confirm_limit.html", frame(project, asked=question))
    try:
        services.limit_access(project, by=acting(request), **{direction: on})
    except TokenAccessError:
        messages.error(request, _("The instance keeps this limit on for every project. Nothing was changed."))
    else:
        messages.success(request, DONE[direction, on])
    return redirect("project_token_access", project.full_path)


@requires(Action.READ_TOKEN_ACCESS, POST=Action.MANAGE_TOKEN_ACCESS)
@require_POST
def pushes(request: PageRequest, project_path: str) -> HttpResponse:
    """`allowed` present: the project's own job tokens may push to its repository."""
    project, allowed = request.access.project, "allowed" in request.POST
    services.set_job_pushes(project, allowed=allowed, by=acting(request))
    done = _("Jobs of this project may now push to it.") if allowed else _("Jobs of this project may not push to it.")
    messages.success(request, done)
    return redirect("project_token_access", project.full_path)


def ask(project: Project, user: User, direction: str, on: bool) -> Question | None:
    """None when nobody would be shut out or let in, as far as `user` may know."""
    match direction, on:
        case "inbound", False:
            return _opening_inbound(project)
        case "inbound", True:
            return _limiting_inbound(project)
        case "outbound", True:
            return _limiting_outbound(project)
        case _:
            return _opening_outbound(project, user)


def _opening_inbound(project: Project) -> Question:
    refused = effects.let_in_by_opening(project)
    effect: Effects = []
    if refused.requests:
        why = ngettext(
            "They came from %(count)d project within 30 days and got “404, not found”.",
            "They came from %(count)d projects within 30 days and got “404, not found”.",
            refused.projects,
        ) % {"count": refused.projects}
        what = ngettext("refused request would be let in.", "refused requests would be let in.", refused.requests)
        effect.append((refused.requests, what, why))
    return Question(
        question=_("Let every project in to %(path)s?") % {"path": project.full_path},
        button=_("Turn the limit off"),
        keep=_("Keep it on"),
        effects=effect,
        stays=_(
            "Every job then comes in with the role of the person who started it, whichever project it belongs to. "
            "The list stays as it is and counts again when you turn the limit on."
        ),
        icon="door-open",
        about=_("Only the project itself and what is on its list come in now."),
        fields={"inbound": "off", "confirmed": "1"},
    )


def _limiting_inbound(project: Project) -> Question | None:
    lost = len(effects.shut_out_by_limiting(project))
    if not lost:
        return None
    what = ngettext("project would be shut out.", "projects would be shut out.", lost)
    return Question(
        question=_("Limit access to %(path)s?") % {"path": project.full_path},
        button=_("Turn the limit on"),
        keep=_("Keep it off"),
        effects=[(lost, what, _("Their jobs came in within 30 days, and no entry on the list lets them in."))],
        stays=_("You can add them to the list first, one by one or all at once from the log of who came in."),
        icon="door",
        about=_("Every project comes in now."),
        fields={"inbound": "on", "confirmed": "1"},
    )


def _limiting_outbound(project: Project) -> Question | None:
    lost = len(effects.kept_in_by_limiting(project))
    if not lost:
        return None
    what = ngettext("project would be out of reach.", "projects would be out of reach.", lost)
    return Question(
        question=_("Limit where jobs of %(path)s may go?") % {"path": project.full_path},
        button=_("Turn the limit on"),
        keep=_("Keep it off"),
        effects=[(lost, what, _("Jobs of this project were let in there within 30 days, and it is not on the list."))],
        stays=_("You can add them to what this project may reach first."),
        icon="door",
        about=_("They go wherever they are let in now."),
        fields={"outbound": "on", "confirmed": "1"},
    )


def _opening_outbound(project: Project, user: User) -> Question | None:
    refused = effects.let_out_by_opening(project, user)
    if not refused.requests:
        return None
    what = ngettext("refused request would go out.", "refused requests would go out.", refused.requests)
    why = ngettext(
        "Jobs of this project asked for %(count)d project that it does not list, within 30 days.",
        "Jobs of this project asked for %(count)d projects that it does not list, within 30 days.",
        refused.projects,
    ) % {"count": refused.projects}
    return Question(
        question=_("Let jobs of %(path)s go anywhere?") % {"path": project.full_path},
        button=_("Turn the limit off"),
        keep=_("Keep it on"),
        effects=[(refused.requests, what, why)],
        stays=_("Each of those projects still decides for itself whom it lets in."),
        icon="door-open",
        about=_("They reach only what is on its list now, besides public and internal projects."),
        fields={"outbound": "off", "confirmed": "1"},
    )
