"""Both limits, with a confirmation if a change would block or admit somebody, and pushes by jobs."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from identity.models import User
from projects.models import Project
from tokenaccess.access.facts import settings_of
from tokenaccess.adapters.pages import PageRequest, current_user, requires
from tokenaccess.allowlist import services
from tokenaccess.allowlist.impact import impact
from tokenaccess.allowlist.impact.trial import days_that_count
from tokenaccess.errors import ErrorCode, TokenAccessError
from tokenaccess.explanation.error_wording import error_words
from tokenaccess.models import TokenAccessSettings
from tokenaccess.policy import Action
from tokenaccess.policy.levels import InboundMode
from tokenaccess.views.frame import render_token_access, with_days
from tokenaccess.views.limits.trial import chosen_days

Effects = list[tuple[int, str, str]]

INBOUND = {"on": InboundMode.ENFORCED, "trial": InboundMode.TRIAL, "off": InboundMode.OPEN}

DONE = {
    ("inbound", "on"): gettext_lazy("Only projects on the allowlist have access now."),
    ("inbound", "trial"): gettext_lazy("The limit is on trial: what it would refuse is recorded."),
    ("inbound", "off"): gettext_lazy(
        "Jobs of all projects have access now, with the role of the user who started the job."
    ),
    ("outbound", "on"): gettext_lazy("Jobs of this project can now access only the listed projects."),
    ("outbound", "off"): gettext_lazy("Jobs of this project can now access every project that allows them."),
}


@dataclass(frozen=True)
class Confirmation:
    """What the user confirms before a limit changes; shown by partials/confirm.html."""

    question: str
    button: str
    keep: str
    effects: Effects
    stays: str
    icon: str
    about: str = ""
    fields: dict[str, str] = field(default_factory=dict)

    @property
    def change(self) -> str:
        """What the replay calls it (tokenaccess.views.replay)."""
        if "outbound" in self.fields:
            return f"outbound_{self.fields['outbound']}"
        return {"on": "enforced", "trial": "trial", "off": "open"}[self.fields["inbound"]]


@requires(Action.READ_TOKEN_ACCESS, POST=Action.MANAGE_TOKEN_ACCESS)
@require_POST
def limit(request: PageRequest, project_path: str) -> HttpResponse:
    """`inbound=on|trial|off` or `outbound=on|off`; `confirmed` once the user has seen the effects.

    `days`: the horizon of the trial's report that the user comes from.
    """
    project = request.access.project
    direction = "outbound" if "outbound" in request.POST else "inbound"
    wanted = request.POST.get(direction, "")
    if wanted not in ({"on", "off"} if direction == "outbound" else INBOUND):
        messages.error(request, _("Nothing was changed: say which limit to turn on or off."))
        return redirect("project_token_access", project.full_path)
    on = wanted == "on"
    confirmation = (
        None
        if request.POST.get("confirmed") or is_access_kept(settings_of(project), direction, on)
        else confirmation_for(
            project, current_user(request), direction, on, trial=wanted == "trial", days=chosen_days(request.POST)
        )
    )
    if confirmation is not None:
        return render_token_access(request, "confirm_limit.html", confirmation=confirmation)
    try:
        if direction == "inbound":
            services.set_inbound_mode(project, INBOUND[wanted], by=current_user(request))
        else:
            services.limit_access(project, by=current_user(request), outbound=on)
    except TokenAccessError as error:
        messages.error(request, _refusal(error))
    else:
        messages.success(request, DONE[direction, wanted])
    return redirect("project_token_access", project.full_path)


@requires(Action.READ_TOKEN_ACCESS, POST=Action.MANAGE_TOKEN_ACCESS)
@require_POST
def pushes(request: PageRequest, project_path: str) -> HttpResponse:
    """`allowed` present: the project's own job tokens may push to its repository; `cross_project`: those of listed
    projects too; `start_pipelines`: such pushes start pipelines."""
    project, by = request.access.project, current_user(request)
    wanted = {name: name in request.POST for name in ("allowed", "cross_project", "start_pipelines")}
    services.set_job_pushes(project, by=by, **wanted)
    if not wanted["allowed"]:
        done = _("No job token may push to this project now.")
    elif wanted["cross_project"]:
        done = _("Jobs of this project, and of listed projects that may write to repositories, may now push to it.")
    else:
        done = _("Jobs of this project may now push to it.")
    messages.success(request, done)
    return redirect("project_token_access", project.full_path)


def _refusal(error: TokenAccessError) -> str:
    """Who refused: the instance, or else what the error says itself, as that of a lock in a group above does."""
    if error.code is ErrorCode.ENFORCED:
        return _("This instance keeps the limit on for all projects. Nothing was changed.")
    return error_words(error.message)


def is_access_kept(settings: TokenAccessSettings, direction: str, on: bool) -> bool:
    """Whether everybody has the same access afterwards: an open limit and one on trial refuse nobody, and one that the
    instance enforces stays."""
    return direction == "inbound" and (settings.instance.enforce_inbound or settings.limits_inbound == on)


def confirmation_for(
    project: Project, user: User, direction: str, on: bool, *, trial: bool = False, days: int | None = None
) -> Confirmation | None:
    """None if the change would block or admit nobody, as far as `user` may know."""
    match direction, on:
        case "inbound", False:
            return _confirm_opening_inbound(project, trial)
        case "inbound", True:
            return _confirm_limiting_inbound(project, days or days_that_count(settings_of(project)))
        case "outbound", True:
            return _confirm_limiting_outbound(project)
        case _:
            return _confirm_opening_outbound(project, user)


def _confirm_opening_inbound(project: Project, trial: bool) -> Confirmation:
    refused = impact.requests_unblocked_inbound(project)
    effect: Effects = []
    if refused.requests:
        why = ngettext(
            "From %(count)d project in the last %(days)d days, answered with “404 Not Found”.",
            "From %(count)d projects in the last %(days)d days, answered with “404 Not Found”.",
            refused.projects,
        ) % {"count": refused.projects, "days": impact.WINDOW_DAYS}
        what = ngettext(
            "refused request would have been allowed.", "refused requests would have been allowed.", refused.requests
        )
        effect.append((refused.requests, what, why))
    stays = _(
        "Jobs of all projects then have access, with the role of the user who started the job. "
        "The allowlist is kept and applies again when you turn the limit on."
    )
    if trial:
        trial_page = _("Until then the page Trial shows what it would refuse.")
        stays = f"{stays} {trial_page}"
    question = (
        _("Put the limit of %(path)s on trial?") if trial else _("Allow jobs of all projects to access %(path)s?")
    )
    return Confirmation(
        question=question % {"path": project.full_path},
        button=_("Start the trial") if trial else _("Turn the limit off"),
        keep=_("Keep it on"),
        effects=effect,
        stays=stays,
        icon="lock-open",
        about=_("Only the project itself and its allowlist have access now."),
        fields={"inbound": "trial" if trial else "off", "confirmed": "1"},
    )


def _confirm_limiting_inbound(project: Project, days: int) -> Confirmation | None:
    lost = impact.count_blocked_inbound(project, days)
    if not lost:
        return None
    what = ngettext("project would lose access.", "projects would lose access.", lost)
    is_trial = settings_of(project).effective_inbound_mode is InboundMode.TRIAL
    return Confirmation(
        question=_("Limit access to %(path)s?") % {"path": project.full_path},
        button=_("Turn the limit on"),
        keep=_("Keep it on trial") if is_trial else _("Keep it off"),
        effects=[
            (
                lost,
                what,
                _("Their jobs used their access in the last %(days)d days, and no entry covers them.") % {"days": days},
            )
        ],
        stays=_("You can add them to the allowlist first, one by one or all at once from the authentication log."),
        icon="lock",
        about=_("Jobs of all projects have access now."),
        fields={"inbound": "on", "confirmed": "1"},
    )


def _confirm_limiting_outbound(project: Project) -> Confirmation | None:
    lost = len(impact.targets_blocked_outbound(project))
    if not lost:
        return None
    what = ngettext("project could no longer be accessed.", "projects could no longer be accessed.", lost)
    return Confirmation(
        question=_("Limit what jobs of %(path)s can access?") % {"path": project.full_path},
        button=_("Turn the limit on"),
        keep=_("Keep it off"),
        effects=[
            (lost, what, with_days(_("Jobs of this project used it in the last %(days)d days, and it is not listed.")))
        ],
        stays=_("You can add them to the outbound list first."),
        icon="lock",
        about=_("Its jobs can access every project that allows them now."),
        fields={"outbound": "on", "confirmed": "1"},
    )


def _confirm_opening_outbound(project: Project, user: User) -> Confirmation | None:
    refused = impact.requests_unblocked_outbound(project, user)
    if not refused.requests:
        return None
    what = ngettext(
        "refused request would no longer be stopped here.",
        "refused requests would no longer be stopped here.",
        refused.requests,
    )
    why = ngettext(
        "In the last %(days)d days, jobs of this project asked for %(count)d project that is not listed.",
        "In the last %(days)d days, jobs of this project asked for %(count)d projects that are not listed.",
        refused.projects,
    ) % {"count": refused.projects, "days": impact.WINDOW_DAYS}
    return Confirmation(
        question=_("Remove the limit on jobs of %(path)s?") % {"path": project.full_path},
        button=_("Turn the limit off"),
        keep=_("Keep it on"),
        effects=[(refused.requests, what, why)],
        stays=_("Each of those projects still decides whose jobs it allows."),
        icon="lock-open",
        about=_("They can access only listed, public and internal projects now."),
        fields={"outbound": "off", "confirmed": "1"},
    )
