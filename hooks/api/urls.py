"""Webhooks under /api/v4."""

from __future__ import annotations

from typing import Any

from django.urls import URLPattern, URLResolver, path

from hooks.api import views


def _routes(place: str, kind: str) -> list[URLPattern]:
    def view(what: str) -> Any:
        return getattr(views, f"{kind}Hook{what}").as_view()

    one = f"{place}hooks/<int:hook_id>"
    return [
        path(f"{place}hooks", view("s")),
        path(one, view("")),
        path(f"{one}/test/<slug:trigger>", view("Test")),
        path(f"{one}/custom_headers/<str:key>", view("Secret"), {"kind": "custom_headers"}),
        path(f"{one}/url_variables/<str:key>", view("Secret"), {"kind": "url_variables"}),
        path(f"{one}/events", view("Events")),
        path(f"{one}/events/<int:event_id>/resend", view("Resending")),
    ]


urlpatterns: list[URLPattern | URLResolver] = [
    *_routes("projects/<ref:project>/", "Project"),
    *_routes("groups/<ref:group>/", "Group"),
    *_routes("", "System"),
]
