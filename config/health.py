"""Is it up, can it serve: for load balancers and people with curl."""

from __future__ import annotations

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse

from tokenaccess.adapters.pages import public


@public
def health(request: HttpRequest) -> HttpResponse:
    return HttpResponse("Token Access OK", content_type="text/plain")


@public
def liveness(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "ok"})


@public
def readiness(request: HttpRequest) -> JsonResponse:
    """503 while the database does not answer."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        connection.close()
        return JsonResponse({"status": "failed", "db_check": [{"status": "failed"}]}, status=503)
    return JsonResponse({"status": "ok", "db_check": [{"status": "ok"}]})
