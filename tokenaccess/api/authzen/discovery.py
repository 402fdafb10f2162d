"""`/.well-known/authzen-configuration`: where this server answers what (AuthZEN Authorization API 1.0)."""

from __future__ import annotations

import orjson
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from tokenaccess.adapters.pages import public

MAX_AGE = 3600  # seconds


@public
@require_safe
def configuration(request: HttpRequest) -> HttpResponse:
    here = settings.EXTERNAL_URL
    body = {
        "policy_decision_point": here,
        "access_evaluation_endpoint": here + reverse("authzen_evaluation"),
        "access_evaluations_endpoint": here + reverse("authzen_evaluations"),
        "search_subject_endpoint": here + reverse("authzen_search_subject"),
        "search_resource_endpoint": here + reverse("authzen_search_resource"),
        "search_action_endpoint": here + reverse("authzen_search_action"),
    }
    headers = {"Cache-Control": f"public, max-age={MAX_AGE}", "Access-Control-Allow-Origin": "*"}
    return HttpResponse(orjson.dumps(body), content_type="application/json", headers=headers)
