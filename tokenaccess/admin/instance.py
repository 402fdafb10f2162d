"""The instance settings (one row) and the feature switch."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.http import HttpRequest
from django.http.response import HttpResponseRedirect
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from waffle.models import Flag, Sample, Switch

from audit.models import AuditEvent
from identity.sign_in.users import current_user
from tokenaccess.access.facts import FEATURE_SWITCH, PUSH_SWITCH, SWITCHES
from tokenaccess.admin.shared import TokenAccessAdmin
from tokenaccess.allowlist import services
from tokenaccess.allowlist.services.instance import MAX_VALUES, is_host_list
from tokenaccess.models import InstanceSettings
from tokenaccess.policy.levels import InboundMode
from tokenaccess.views.entries.form import LinesField

# Only our own switches are used: nothing reads flags, samples or other switches.
for unused in (Flag, Sample, Switch):
    admin.site.unregister(unused)


class InstanceSettingsForm(forms.ModelForm):
    ci_remote_include_hosts = LinesField(
        label=_("Hosts for include: remote"),
        help_text=_("One on a line: whose files CI files may include by https. None: files of no other server."),
    )

    class Meta:
        model = InstanceSettings
        fields = (
            "inbound_mode",
            "allowlist_limit",
            "editor_needs_both",
            "unused_entry_days",
            "suspend_unused_entries",
            "access_review_days",
            "keep_latest_artifact",
            "git_push_pipeline_limit",
            "file_template_project",
            "ci_remote_include_hosts",
            "allow_runner_registration_token",
            "require_two_factor",
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, maximum in MAX_VALUES.items():
            self.fields[name].validators.append(MaxValueValidator(maximum))

    def clean_inbound_mode(self) -> InboundMode:
        return InboundMode(self.cleaned_data["inbound_mode"])

    def clean_ci_remote_include_hosts(self) -> list[str]:
        hosts: list[str] = self.cleaned_data["ci_remote_include_hosts"]
        if not is_host_list(hosts):
            raise ValidationError(_("Write one host name on each line, such as ci.example.org."))
        return hosts


@admin.register(InstanceSettings)
class InstanceSettingsAdmin(TokenAccessAdmin):
    form = InstanceSettingsForm
    autocomplete_fields = ("file_template_project",)  # one among all projects

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        """There is one of it, which nobody adds."""
        context |= {"title": capfirst(self.opts.verbose_name), "show_save_and_add_another": False}
        return super().render_change_form(request, context, *args, **kwargs)

    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Redirect to the one row, or to the form that creates it."""
        there = InstanceSettings.objects.filter(pk=1).exists()
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_{'change' if there else 'add'}"
        return HttpResponseRedirect(reverse(name, args=[1] if there else []))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and not InstanceSettings.objects.exists()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: forms.ModelForm[Any], change: bool) -> None:
        services.change_instance_settings(by=current_user(request), **form.cleaned_data)
        obj.pk, obj._state.adding = 1, False


SWITCH_WORDS = {
    FEATURE_SWITCH: _("The limits of job tokens are enforced"),
    PUSH_SWITCH: _("Projects may take pushes by job tokens of projects on their allowlist"),
}


class SwitchForm(forms.ModelForm):
    name = forms.ChoiceField(label=_("Switch"), choices=[(name, SWITCH_WORDS[name]) for name in SWITCHES])

    class Meta:
        model = Switch
        fields = ("name", "active")


@admin.register(Switch)
class SwitchAdmin(TokenAccessAdmin):
    """A switch without a row has its default; deleting the row restores that."""

    form = SwitchForm
    list_display = ("what", "name", "active", "modified")
    list_filter = ("active",)
    search_fields = ("name",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("what", "name") if obj else ()

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("what", "name", "active") if obj else ("name", "active")

    @admin.display(description=_("what it turns on"), ordering="name")
    def what(self, switch: Switch) -> str:
        return str(SWITCH_WORDS.get(switch.name, ""))

    def has_add_permission(self, request: HttpRequest) -> bool:
        free = Switch.objects.filter(name__in=SWITCHES).count() < len(SWITCHES)
        return super().has_add_permission(request) and free

    def save_model(self, request: HttpRequest, obj: Any, form: forms.ModelForm[Any], change: bool) -> None:
        services.set_feature_switch(obj.name, active=form.cleaned_data["active"], by=current_user(request))
        obj.pk = Switch.objects.get(name=obj.name).pk
        obj._state.adding = False

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        services.reset_feature_switch(obj.name, by=current_user(request))

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        for switch in queryset:
            services.reset_feature_switch(switch.name, by=current_user(request))

    def events(self, object_id: str) -> Any:
        switch = Switch.objects.filter(pk=object_id).first()
        events = AuditEvent.objects.filter(event="feature_switch_changed")
        return events.filter(details__name=switch.name) if switch else events.none()
