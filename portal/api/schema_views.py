"""`/api/schema/`: the API described for machines, and a page to read it on."""

from __future__ import annotations

import orjson
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_cookie

from portal.api.openapi import document
from tokenaccess.adapters.pages import public


@public
@require_safe
def schema(request: HttpRequest) -> HttpResponse:
    return HttpResponse(orjson.dumps(document()), content_type="application/json")


@public
@require_safe
@vary_on_cookie  # its theme
def schema_page(request: HttpRequest) -> HttpResponse:
    return render(request, "config/schema.html")
