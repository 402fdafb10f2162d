"""Every page of the administration: each list, its form for a new row, and all pages of one row."""

from __future__ import annotations

from collections.abc import Iterator

from django.contrib import admin
from django.db.models import Model
from django.test import RequestFactory
from django.urls import reverse

from identity.models import User
from tests.browser.all_pages.world import Page, World

KINDS_OF_ROW = ("change", "history", "delete")


def list_administration(world: World) -> list[Page]:
    """For an administrator. A list without rows has no page of a row."""
    pages = [Page("/admin/", "root"), Page(f"/admin/identity/user/{world.owner.pk}/password/", "root")]
    for model, model_admin in admin.site._registry.items():
        pages += [Page(path, "root") for path in _paths(model, model_admin, world.admin)]
    return pages


def _paths(model: type[Model], model_admin: admin.ModelAdmin[Model], by: User) -> Iterator[str]:
    start = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    request = RequestFactory().get("/")
    request.user = by
    yield reverse(f"{start}_changelist")
    if model_admin.has_add_permission(request):
        yield reverse(f"{start}_add")
    row = model_admin.get_queryset(request).order_by("pk").first()
    if row is None:
        return
    for kind in KINDS_OF_ROW:
        if kind != "delete" or model_admin.has_delete_permission(request, row):
            yield reverse(f"{start}_{kind}", args=[row.pk])
