"""`/jwt/auth`: the token server of the registry. It asks the gate, and answers in the registry's own words."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.exceptions import TooManyFieldsSent
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.views.decorators.csrf import csrf_exempt

from identity.credentials.resolve import BadCredential
from identity.credentials.table import Surface
from identity.sign_in.lockout import LIMIT
from resources.containers.engine import tokens
from resources.containers.grants import judge, subject_of
from resources.containers.names import parse_scopes
from tokenaccess.access.gate import check, deny_unknown
from tokenaccess.access.id_or_path import ABSENT
from tokenaccess.access.result import Access
from tokenaccess.adapters import denial_id
from tokenaccess.adapters.pages import public
from tokenaccess.adapters.plain import json_response
from tokenaccess.policy import Action, Refusal

MAX_SCOPES = 20
DENIED = (
    "HTTP Basic: Access denied. The password or token is wrong or has ended. "
    "People sign in with a personal token as the password (with two-factor sign-in nothing else counts); jobs as "
    "gitlab-ci-token with their CI_JOB_TOKEN."
)
LOCKED_OUT = "Too many wrong passwords. Wait 15 minutes, or use a personal access token."
BLOCKED = "Your account has been blocked."


@public  # asks the gate itself, once for each scope
@csrf_exempt
def token(request: HttpRequest) -> HttpResponse:
    """resources.md §3.2. Of other methods and services nothing is known: clients then try another way."""
    if request.method != "GET":
        return HttpResponseNotAllowed(["GET"])
    try:
        service = request.GET.get("service")
    except TooManyFieldsSent:
        return error_response(400, "UNSUPPORTED", "the address has too many parameters")
    if service != tokens.SERVICE:
        return HttpResponse(status=404)
    if not settings.REGISTRY_ENABLED:
        return error_response(404, "UNAVAILABLE", "registry not enabled")
    try:
        return _token(request)
    except BadCredential:
        if getattr(request, "axes_locked_out", False):
            return _locked_out()
        return _refuse(deny_unknown(Action.SIGN_IN_TO_REGISTRY))


def _locked_out() -> HttpResponse:
    response = error_response(429, "TOOMANYREQUESTS", LOCKED_OUT)
    for name, value in LIMIT.headers.items():
        response[name] = value
    return response


token.job_actions = {  # type: ignore[attr-defined]
    "GET": Action.SIGN_IN_TO_REGISTRY,
    "GET scope=repository:PATH:pull": Action.PULL_IMAGES,
    "GET scope=repository:PATH:push": Action.PUSH_IMAGES,
    "GET scope=repository:PATH:delete": Action.DELETE_IMAGES,
}


def _token(request: HttpRequest) -> HttpResponse:
    caller = check(request, Action.SIGN_IN_TO_REGISTRY, ABSENT, surface=Surface.REGISTRY)
    if not caller.decision.allowed and not caller.is_anonymous:
        return _refuse(caller)
    scopes = parse_scopes(request.GET.getlist("scope"))
    if len(scopes) > MAX_SCOPES:
        return error_response(400, "UNSUPPORTED", f"at most {MAX_SCOPES} repositories can be asked for at once")
    judgement = judge(request, scopes)
    if caller.is_anonymous and not judgement.grants:
        return _refuse(caller)
    body = {"token": tokens.sign(judgement.grants, subject_of(caller)), "expires_in": tokens.LIFETIME}
    response = json_response(body, headers={"Cache-Control": "no-store"})
    if judgement.refused:
        response[denial_id.HEADER] = denial_id.encode(judgement.refused[0])
    return response


def _refuse(access: Access) -> HttpResponse:
    match access.decision.refusal:
        case Refusal.UNAUTHENTICATED:
            response = error_response(401, "UNAUTHORIZED", DENIED)
            response["WWW-Authenticate"] = 'Basic realm="GitLab"'
        case Refusal.BLOCKED:
            response = error_response(403, "DENIED", BLOCKED)
        case _:
            response = error_response(403, "DENIED", "access forbidden")
    response[denial_id.HEADER] = denial_id.encode(access)
    return response


def error_response(status: int, code: str, message: str) -> HttpResponse:
    body: dict[str, Any] = {"errors": [{"code": code, "message": message}], "http_status": status}
    response = json_response(body, status)
    response._has_been_logged = True  # type: ignore[attr-defined] # the access log counts it
    return response
