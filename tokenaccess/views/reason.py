"""What the opaque id of a refusal means, for maintainers of the job's project or of the one it asked for.

Anyone else gets the 404 of an id that never was. A maintainer of the job's project who may not see what was asked for
does not learn from here whether it exists, not by the work it takes either: both take one question at the gate.
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
from projects.models import Project
from tokenaccess import gate, load, reasons
from tokenaccess.models import RefusalRecord
from tokenaccess.policy import Action, decide, explain
from tokenaccess.policy.rules import NOT_SENT_OUT
from tokenaccess.reasons import Reason
from tokenaccess.reference import Reference
from tokenaccess.web import PageRequest, acting, requires

# The one change that would let the job in, by the rule that refused.
ADVICE: dict[str, str | Promise] = {
    "alive": _("Nothing lets this job in: its token works only while it runs. Run it again."),
    "reachable": _("Nothing lets a job in here: job tokens do not serve for this at all."),
    "admitted": _("Add the job's project, or a group above it, to the list of the project it asked for."),
    "visible": _("Give the person who started the job a role in the project it asked for."),
    "permitted": _("Let the entry of the job's project do more, or let it follow the person's role."),
    "enabled": _("Turn the feature on in the project that was asked for, or take it out of the archive."),
    "entitled": _("Give the person who started the job a higher role in the project it asked for."),
}
SENT_OUT = _("Add the project that was asked for to what the job's project may reach.")


@requires(Action.USE_INSTANCE)
@require_safe
def reason(request: PageRequest, sealed: str) -> HttpResponse:
    found = reasons.unseal(sealed)
    job = Job.objects.select_related("project", "user").filter(pk=found.job_id).first() if found else None
    if found is None or job is None:
        raise Http404
    asked = gate.ask_as_person(acting(request), Action.READ_TOKEN_ACCESS, Reference(id=found.target_id))
    at_target = asked.decision.allowed
    at_source = gate.may(request, Action.READ_TOKEN_ACCESS, job.project)
    if not (at_source or at_target):
        raise Http404
    sees_target = decide(asked.caller, Action.READ_PROJECT, asked.facts).allowed
    target = asked.project if sees_target else None
    shown: dict[str, Any] = {
        "job": job,
        "sees_source": at_source or gate.may(request, Action.READ_PROJECT, job.project),
        "action": found.action,
        "at": datetime.fromtimestamp(found.at, UTC),
        "at_source": at_source,
        "at_target": at_target,
        "target": target,
    }
    if target is not None:
        shown |= _explained(found, job, target)
    return render(request, "tokenaccess/reason.html", shown)


def _explained(found: Reason, job: Job, target: Project) -> dict[str, Any]:
    """What refused it then, and every step as it would be judged now."""
    caller, facts = load.facts_of_job(job, Reference(id=target.pk))
    steps = explain(caller, found.action, facts)
    told = RefusalRecord.objects.filter(job_id=job.pk, project=target, action=found.action, rule=found.rule)
    sentence = told.order_by("-last_at").values_list("sentence", flat=True).first() or next(
        (step.sentence for step in steps if step.rule == found.rule), ""
    )
    advice = SENT_OUT if sentence == NOT_SENT_OUT else ADVICE.get(found.rule, "")
    allowed = all(step.ok for step in steps)
    return {"sentence": sentence, "steps": steps, "allowed_now": allowed, "advice": advice}
