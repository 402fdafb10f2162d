"""`/api/schema/`: the API described for machines, and pages to read it on."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_cookie

from pages.listing import page_of, search_term
from portal.api import reference
from portal.api.description_file import read_description
from tokenaccess.adapters.pages import public


@public
@require_safe
def schema(request: HttpRequest) -> HttpResponse:
    return HttpResponse(read_description(), content_type="application/json")


@public
@require_safe
@vary_on_cookie  # its theme
def schema_page(request: HttpRequest) -> HttpResponse:
    """What there is; with `q` or `tag`, the operations that are asked for."""
    q, tag = search_term(request), search_term(request, "tag")
    context = {
        "q": q,
        "tag_name": tag,
        "tags": reference.tags(),
        "page": page_of(request, reference.search_operations(q, tag)) if q or tag else None,
        "credentials": reference.credentials(),
        "refusals": reference.refusals(),
    }
    return render(request, "config/schema.html", context)
