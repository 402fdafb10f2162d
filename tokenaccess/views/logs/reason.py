"""The page of a refusal: its reason, every step, and the change that would admit the job.

Anyone but maintainers of the job's project or of the target gets the 404 of an unknown id, which says who may read one.
"""

from __future__ import annotations

from datetime import UTC, datetime

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from tokenaccess.adapters import denial_id
from tokenaccess.adapters.pages import PageRequest, current_user, requires
from tokenaccess.explanation.denials import find_denial
from tokenaccess.policy import Action


@requires(Action.USE_INSTANCE)
@require_safe
def reason(request: PageRequest, encoded: str) -> HttpResponse:
    """`/-/access_reasons/<X-Access-Reason>`."""
    details = denial_id.decode(encoded)
    found = None if details is None else find_denial(current_user(request), **details.question)
    if details is None or found is None:
        return render(request, "tokenaccess/no_reason.html", status=404)
    context = {"denial": found, "at": datetime.fromtimestamp(details.at, UTC)}
    return render(request, "tokenaccess/reason.html", context)
