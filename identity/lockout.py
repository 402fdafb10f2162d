"""What somebody sees after too many wrong passwords, and whose tries are counted together."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from identity.models import User

_LONGEST = 150


def locked_out(request: HttpRequest, credentials: Any = None, *args: Any, **kwargs: Any) -> HttpResponse:
    """429, the same whether the account exists or not, in the client's own format."""
    if request.path_info.startswith("/api/"):
        return JsonResponse({"message": "429 Too Many Requests"}, status=429)
    if ".git/" in request.path_info:
        text = "Too many wrong passwords. Wait 15 minutes, or use a personal access token."
        return HttpResponse(text, status=429, content_type="text/plain")
    return render(request, "identity/locked_out.html", status=429)


def counted_name(request: HttpRequest, credentials: Any = None) -> str:
    """Names differ by more than case; another spelling must not buy more tries. What is too long is nobody's name."""
    name = (credentials or {}).get("username") or request.POST.get("username") or ""
    return User.normalize_username(str(name)).lower().replace("\0", "")[:_LONGEST]
