"""Explains the denial id of a refusal to maintainers of the job's project or of the target.

Anyone else gets the 404 of an unknown id, which says who may read one. A maintainer of the job's project who may not
see the target does not learn whether it exists, nor from the time taken: hidden and absent both take one check at the
gate.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from jobs.models import Job
from jobs.policy_caller import caller_of
from projects.models import Project
from tokenaccess.access import gate
from tokenaccess.access.id_or_path import ABSENT, IdOrPath
from tokenaccess.access_log.job_facts import facts_of_job
from tokenaccess.adapters import denial_id
from tokenaccess.adapters.denial_id import DenialDetails
from tokenaccess.adapters.pages import PageRequest, current_user, requires
from tokenaccess.allowlist.display.conditions import describe_job
from tokenaccess.explanation.group_words import describe_groups
from tokenaccess.explanation.remedies import advise, find_remedy, step_to_mend
from tokenaccess.explanation.target_lists import read_target_lists
from tokenaccess.models import RefusalRecord
from tokenaccess.policy import Action, Facts, Step, decide, explain
from tokenaccess.policy.actions import TargetKind
from tokenaccess.policy.needs import NEEDS
from tokenaccess.policy.reasons import Reason, reason_of

OWN_JOB_ADVICE = _("Use the token of the job that the request is about.")


@requires(Action.USE_INSTANCE)
@require_safe
def reason(request: PageRequest, encoded: str) -> HttpResponse:
    """`/-/access_reasons/<X-Access-Reason>`."""
    try:
        return _render_reason(request, encoded)
    except Http404:
        return render(request, "tokenaccess/no_reason.html", status=404)


def _render_reason(request: PageRequest, encoded: str) -> HttpResponse:
    denial = denial_id.decode(encoded)
    job = Job.objects.select_related("project", "user").filter(pk=denial.job_id).first() if denial else None
    if denial is None or job is None:
        raise Http404
    on_job = NEEDS[denial.action].kind is TargetKind.OWN_JOB
    asked = ABSENT if on_job else IdOrPath("id", denial.target_id)
    access = gate.check_as_user(current_user(request), Action.READ_TOKEN_ACCESS, asked)
    at_target = access.decision.allowed
    at_source = gate.is_allowed(request, Action.READ_TOKEN_ACCESS, job.project)
    if not (at_source or at_target):
        raise Http404
    sees_target = decide(access.caller, Action.READ_PROJECT, access.facts).allowed
    target = access.project if sees_target else None
    context: dict[str, Any] = {
        "job": job,
        "sees_source": at_source or gate.is_allowed(request, Action.READ_PROJECT, job.project),
        "action": denial.action,
        "at": datetime.fromtimestamp(denial.at, UTC),
        "at_source": at_source,
        "at_target": at_target,
        "target": target,
    }
    if target is not None or on_job:
        context |= _explain(denial, job, target)
        context["job_lines"] = _job_lines(request, job, context["facts"], at_source=at_source)
        context["group_sentences"] = describe_groups(context["facts"], current_user(request), at_target=at_target)
    if target is not None and at_target:
        context["lists"] = read_target_lists(
            target, job.project, context["facts"], current_user(request), sees_source=context["sees_source"]
        )
    if target is not None and not context["allowed_now"]:
        failed = step_to_mend(context["steps"], denial.rule)
        context["remedy"] = find_remedy(failed, job.project, target, current_user(request))
    return render(request, "tokenaccess/reason.html", context)


def _explain(denial: DenialDetails, job: Job, target: Project | None) -> dict[str, Any]:
    """The reason of the refusal, and every rule as it would decide now. `target` is None for an action on a job."""
    found = (caller_of(job), Facts(job_id=denial.target_id)) if target is None else facts_of_job(job, target)
    if found is None:  # deleted meanwhile
        raise Http404
    caller, facts = found
    steps = explain(caller, denial.action, facts)
    records = RefusalRecord.objects.filter(job_id=job.pk, project=target, action=denial.action, rule=denial.rule)
    sentence = records.order_by("-last_at").values_list("sentence", flat=True).first() or next(
        (step.sentence for step in steps if step.rule == denial.rule), ""
    )
    # The branch or tag is not known any more, only the sentence about it.
    allowed = all(step.ok for step in steps) and reason_of(sentence) is not Reason.PROTECTED_REF
    return {
        "sentence": sentence,
        "facts": facts,
        "steps": steps,
        "allowed_now": allowed,
        "advice": _advice(denial, sentence),
        "job_asked_for": denial.target_id if target is None else 0,
    }


def _job_lines(request: PageRequest, job: Job, facts: Facts, *, at_source: bool) -> list[str]:
    """Of a job that its entry asks more of, for who may see the job; its runner's address for maintainers there."""
    if facts.job_context is None or not (at_source or gate.is_allowed(request, Action.READ_JOBS, job.project)):
        return []
    return describe_job(facts.job_context, with_address=at_source)


def _advice(denial: DenialDetails, sentence: str) -> str | Promise:
    if denial.rule == "entitled" and NEEDS[denial.action].kind is TargetKind.OWN_JOB:
        return OWN_JOB_ADVICE
    return advise(Step(denial.rule, sentence))
