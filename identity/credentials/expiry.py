"""Tokens that end soon: counted on the start page of the administration, and a filter of its lists."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Model, Q, QuerySet
from django.db.models.fields import DateTimeField
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

EXPIRY_NOTICE = timedelta(days=7)


def ends_soon(model: type[Model], field: str = "expires_at") -> Q:
    """Those that have not expired and do so within EXPIRY_NOTICE. `field`: a moment, or the last day in UTC."""
    now = timezone.now()
    if isinstance(model._meta.get_field(field), DateTimeField):
        return Q(**{f"{field}__gt": now, f"{field}__lte": now + EXPIRY_NOTICE})
    return Q(**{f"{field}__gte": now.date(), f"{field}__lte": (now + EXPIRY_NOTICE).date()})


class ExpiryFilter(admin.SimpleListFilter):
    title = _("expiry")
    parameter_name = "expiry"
    field: ClassVar[str] = "expires_at"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("soon", _("Within a week"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(ends_soon(queryset.model, self.field)) if self.value() == "soon" else queryset
