"""What somebody sees after too many wrong passwords, and whose tries are counted together."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from identity.models import User
from identity.secrets import digest
from text.rate_limit import RateLimit

_MAX_USERNAME = 150
LIMIT = RateLimit("sign_in", settings.AXES_FAILURE_LIMIT, wait=int(settings.AXES_COOLOFF_TIME * 3600))
UNKNOWN = "nobody: "  # names have neither colon nor blank


def lockout_response(request: HttpRequest, credentials: Any = None, *args: Any, **kwargs: Any) -> HttpResponse:
    """429, the same whether the account exists or not, in the client's own format."""
    if request.path_info.startswith("/api/"):
        return JsonResponse({"message": "429 Too Many Requests"}, status=429, headers=LIMIT.headers)
    if ".git/" in request.path_info:
        text = "Too many wrong passwords. Wait 15 minutes, or use a personal access token."
        return HttpResponse(text, status=429, content_type="text/plain", headers=LIMIT.headers)
    page = render(request, "identity/locked_out.html", status=429)
    for name, value in LIMIT.headers.items():
        page[name] = value
    return page


def lockout_username(request: HttpRequest, credentials: Any = None) -> str:
    """Names differ by more than case; another spelling must not buy more tries. What is too long is nobody's name.

    What is nobody's name is often somebody's password or token in the wrong field: it is counted, and not kept.
    """
    given = str((credentials or {}).get("username") or request.POST.get("username") or "")
    name = User.normalize_username(given).lower().replace("\0", "")[:_MAX_USERNAME]
    if not name or User.objects.filter(username__iexact=name).exists():
        return name
    return f"{UNKNOWN}{digest(name)[:32]}"
