"""An address the API does not have (resources.md §0.2)."""

from __future__ import annotations

from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from tokenaccess.web import public


@public
@csrf_exempt
def unknown_route(request: HttpRequest, rest: str = "") -> JsonResponse:
    return JsonResponse({"error": "404 Not Found"}, status=404)
