"""What a person reads when something is wrong; programs get the same in their own format."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

PLAIN_500 = "500: something broke on our side. Nothing was left half done. Try again in a minute."


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _answer(request, 400, "400 Bad Request")


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403 with the sentence of the refusal, when it brought one."""
    reason = str(exception) if exception and exception.args else ""
    return _answer(request, 403, "403 Forbidden", reason)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Hidden and absent look the same: the page says nothing about the address."""
    return _answer(request, 404, "404 Not Found")


def server_error(request: HttpRequest) -> HttpResponse:
    """500 without a detail and without a query: the database may be what is broken, or the templates."""
    try:
        if not _speaks_html(request):
            return _answer(request, 500, "500 Internal Server Error")
        return render(None, "500.html", status=500)
    except Exception:  # the last answer must always come
        return HttpResponse(PLAIN_500, status=500, content_type="text/plain; charset=utf-8")


def _speaks_html(request: HttpRequest) -> bool:
    """The API speaks JSON and git reads plain text; everyone else is taken for a browser."""
    return not request.path_info.startswith("/api/") and ".git/" not in request.path_info


def _answer(request: HttpRequest, status: int, line: str, reason: str = "") -> HttpResponse:
    if request.path_info.startswith("/api/"):
        return JsonResponse({"error": line}, status=status)
    if not _speaks_html(request):
        return HttpResponse(f"{line}\n", status=status, content_type="text/plain; charset=utf-8")
    return render(request, f"{status}.html", {"reason": reason}, status=status)
