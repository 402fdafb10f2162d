"""The Token Access section of a group: what it sets for all projects below it (docs/group-rules.md)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from projects.models import Project
from tokenaccess.access.id_or_path import IdOrPath
from tokenaccess.adapters.pages import PageRequest, current_user, requires
from tokenaccess.allowlist import services
from tokenaccess.allowlist.display.list_size import ListSize
from tokenaccess.allowlist.group_rules.group_lock import locked_sentence, locking_rule
from tokenaccess.allowlist.services.group_rules import rule_of
from tokenaccess.allowlist.targets import TargetName
from tokenaccess.errors import TokenAccessError
from tokenaccess.forms import AddForm
from tokenaccess.models import GroupRule
from tokenaccess.policy import Action
from tokenaccess.policy.levels import InboundMode
from tokenaccess.rules_file.managed import read_managed
from tokenaccess.views.entries.candidates import read_search
from tokenaccess.views.error_text import error_text
from tokenaccess.views.frame import render_token_access, with_candidates
from tokenaccess.views.group_rules.confirmation import rule_confirmation
from tokenaccess.views.limits.settings import SOURCE_FILTERS
from tokenaccess.views.sources.table import source_table


class RuleForm(forms.Form):
    inbound_mode = forms.TypedChoiceField(
        label=gettext_lazy("Limit access to all projects below"),
        coerce=lambda value: InboundMode(int(value)),
        choices=[
            (InboundMode.OPEN.value, gettext_lazy("Each project decides")),
            (InboundMode.TRIAL.value, gettext_lazy("At least on trial: what the limit would refuse is recorded")),
            (InboundMode.ENFORCED.value, gettext_lazy("Enforced: only listed projects have access")),
        ],
        widget=forms.RadioSelect,
    )
    has_ceiling = forms.BooleanField(
        label=gettext_lazy("Ceiling"),
        required=False,
        help_text=gettext_lazy("Entries of projects and groups below have no effect beyond what the list here grants."),
    )
    is_locked = forms.BooleanField(
        label=gettext_lazy("Lock"),
        required=False,
        help_text=gettext_lazy("Nobody below can choose a weaker mode, or add or widen an entry."),
    )


@requires(Action.READ_GROUP_TOKEN_ACCESS)
@require_safe
def group_rules(request: PageRequest, group_path: str) -> HttpResponse:
    """`/groups/<path>/-/settings/token_access`, with the filters of its list."""
    return _render(request)


@requires(Action.READ_GROUP_TOKEN_ACCESS, POST=Action.MANAGE_GROUP_TOKEN_ACCESS)
@require_POST
def change_rule(request: PageRequest, group_path: str) -> HttpResponse:
    """`confirmed` once the user has seen the effects."""
    group, user, form = request.access.group, current_user(request), RuleForm(request.POST)
    if form.is_valid():
        try:
            confirmation = None if "confirmed" in request.POST else rule_confirmation(group, form.cleaned_data, user)
            if confirmation is not None:
                return render_token_access(request, "confirm_group_rule.html", confirmation=confirmation)
            services.change_group_rule(group, by=user, **form.cleaned_data)
        except TokenAccessError as error:
            form.add_error(None, error_text(error, group.full_path))
        else:
            messages.success(request, _("The rule for all projects below was saved."))
            return redirect("group_token_access", group.full_path)
    return _render(request, form=form)


@requires(Action.READ_GROUP_TOKEN_ACCESS, POST=Action.MANAGE_GROUP_TOKEN_ACCESS)
@require_POST
def add_entry(request: PageRequest, group_path: str) -> HttpResponse:
    if (searched := read_search(request, AddForm)) is not None:
        return _render(request, add_form=searched)
    group, form = request.access.group, AddForm(request.POST)
    if form.is_valid():
        path = form.cleaned_data["path"]
        try:
            entry = services.add_group_entry(
                group,
                TargetName(IdOrPath.of_path(path)),
                by=current_user(request),
                **form.grant,
            )
        except TokenAccessError as error:
            form.add_error("path", error_text(error, path))
        else:
            sentence = _("%(path)s has access to all projects of this group now.")
            messages.success(request, sentence % {"path": entry.target.full_path})
            return redirect("group_token_access", group.full_path)
    return _render(request, add_form=form)


def _render(request: PageRequest, *, form: RuleForm | None = None, add_form: AddForm | None = None) -> HttpResponse:
    """`form`, `add_form`: what failed validation or was searched in, with the user's input."""
    group, user = request.access.group, current_user(request)
    rule, lock = rule_of(group), locking_rule(group)
    modes = GroupRule.objects.strictest_modes([group.pk])
    context: dict[str, Any] = {
        "rule": rule,
        "rule_form": form or RuleForm(initial=_initial(rule)),
        "effective_mode": modes.get(group.pk, InboundMode.OPEN).name.lower(),
        "managed": read_managed(group, user),
        "locked": "" if lock is None else locked_sentence(lock, user),
        **source_table(request, ListSize.of_group(group)),
        "source_filters": SOURCE_FILTERS,
        "project_count": Project.objects.below(group.pk).alive().count(),
        "add_form": with_candidates(add_form or AddForm(), group),
        "show_add_form": add_form is not None,
    }
    return render_token_access(request, "group_rules.html", form=form or add_form, **context)


def _initial(rule: GroupRule) -> dict[str, Any]:
    return {"inbound_mode": rule.inbound_mode, "has_ceiling": rule.has_ceiling, "is_locked": rule.is_locked}
