"""Terraform states in the administration: to look at and to delete. What is in them stays encrypted."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _

from identity.sign_in.users import current_user
from resources.terraform_states import services
from resources.terraform_states.models import TerraformState


@admin.register(TerraformState)
class TerraformStateAdmin(admin.ModelAdmin):
    list_display = ("name", "project", "created_at", "locked_at", "locked_by")
    list_filter = (("locked_at", admin.EmptyFieldListFilter), "created_at")
    list_select_related = ("project", "locked_by")
    search_fields = ("name", "project__full_path")
    fields = readonly_fields = ("project", "name", "created_at", "lock_id", "locked_at", "locked_by")
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def delete_model(self, request: HttpRequest, obj: TerraformState) -> None:
        try:
            services.delete_state(obj, by=current_user(request))
        except services.StateLocked:
            messages.error(request, _("%(name)s is locked. It was not deleted.") % {"name": obj})

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[TerraformState]) -> None:
        for state in queryset.select_related("project"):
            self.delete_model(request, state)
