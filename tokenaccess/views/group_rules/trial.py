"""What the trials of all projects below a group, or of the instance, would refuse."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from pages.frame import render_page
from pages.listing import page_of
from pages.parameters import page_parameters
from tokenaccess.access.facts import is_switch_on
from tokenaccess.adapters.pages import PageRequest, current_user, requires
from tokenaccess.allowlist.impact.many_trials import ManyTrialsReport, report_many_trials
from tokenaccess.allowlist.impact.trial import HORIZONS
from tokenaccess.allowlist.services.group_rules import rule_of
from tokenaccess.api.params import TrialHorizon
from tokenaccess.explanation.trial_remedies import add_group_remedies, add_instance_remedies
from tokenaccess.explanation.trial_sentence import describe
from tokenaccess.models import GroupRule, InstanceSettings
from tokenaccess.policy import Action
from tokenaccess.policy.levels import InboundMode


@requires(Action.READ_GROUP_TOKEN_ACCESS)
@require_safe
def group_trial(request: PageRequest, group_path: str) -> HttpResponse:
    """`/groups/<path>/-/settings/token_access/trial?days=30|90|400`."""
    group, reader = request.access.group, current_user(request)
    report = report_many_trials(group, reader, page_parameters(request, TrialHorizon)["days"])
    page = page_of(request, report.refused)
    add_group_remedies(group, list(page.object_list), reader)
    modes = GroupRule.objects.strictest_modes([group.pk])
    mode = modes.get(group.pk, InboundMode.OPEN)
    context = {**_context(report, mode), "page": page, "rule": rule_of(group)}
    return render_page(request, "tokenaccess/many_trials.html", context, nav="group_token_access")


@requires(Action.INSPECT)
@require_safe
def instance_trial(request: PageRequest) -> HttpResponse:
    """`/-/token_access/trial?days=30|90|400`."""
    report = report_many_trials(None, current_user(request), page_parameters(request, TrialHorizon)["days"])
    page = page_of(request, report.refused)
    add_instance_remedies(list(page.object_list))
    context = {**_context(report, InboundMode.OPEN), "page": page}
    return render_page(request, "tokenaccess/many_trials.html", context, nav="")


def _context(report: ManyTrialsReport, mode: InboundMode) -> dict[str, Any]:
    """`mode`: of the groups."""
    effective = max(mode, InboundMode(InstanceSettings.current().inbound_mode))
    return {
        "report": report,
        "sentence": describe(report),
        "horizons": HORIZONS,
        "may_enforce": not report.is_early,
        "mode": effective.name.lower() if is_switch_on() else "off",
    }
