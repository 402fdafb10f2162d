"""A view that fails with all that it was sent in the message, as a careless one might."""

from typing import NoReturn

from django.http import HttpRequest
from django.urls import path

from tokenaccess.adapters.pages import public


@public
def crash(request: HttpRequest) -> NoReturn:
    raise RuntimeError(f"{request.META} {request.GET} {request.body!r}")


urlpatterns = [path("crash", crash)]
