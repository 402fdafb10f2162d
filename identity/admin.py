"""People and their tokens in the administration. What changes goes through the services, like everywhere."""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import (
    AdminPasswordChangeForm,
    AdminUserCreationForm,
    ReadOnlyPasswordHashField,
    ReadOnlyPasswordHashWidget,
    UserChangeForm,
)
from django.contrib.auth.hashers import is_password_usable
from django.contrib.auth.models import Group as DjangoGroup
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, ngettext_lazy

from audit.read_only_admin import ReadOnlyAdmin, explain
from identity import services
from identity.credentials.expiry import ExpiryFilter
from identity.models import PersonalToken, Scope, User
from identity.sign_in import admin as sign_in_admin
from identity.sign_in.two_factor import reset_two_factor
from identity.sign_in.users import current_user
from projects.services import people
from projects.services.names import full_path_in

sign_in_admin.register()

# People's groups are those of projects; Django's own play no part here.
admin.site.unregister(DjangoGroup)

_PASSWORD_HELP = _("Disabled: the person signs in by single sign-on only.")
BLOCKED = ngettext_lazy("%(n)d person blocked.", "%(n)d people blocked.", "n")
UNBLOCKED = ngettext_lazy("%(n)d person unblocked.", "%(n)d people unblocked.", "n")
RESET = ngettext_lazy("Two-factor sign-in of %(n)d person reset.", "Two-factor sign-in of %(n)d people reset.", "n")
_FIELDS = ("username", "name", "email", "is_external", "is_superuser", "staff_role")


class PasswordState(ReadOnlyPasswordHashWidget):
    """Whether there is one, not how it is kept."""

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(name, value, attrs)
        if is_password_usable(value) and value:
            context["summary"] = [{"label": _("A password is set.")}]
        return context


class UsernameForm(forms.ModelForm):
    """A username is a path too, so a group may have taken it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "is_superuser" in self.fields:  # not where the form only shows
            self.fields["is_superuser"].label = _("Administrator")
            self.fields["is_superuser"].help_text = _("May do everything, everywhere, and comes in here.")

    def clean_username(self) -> str:
        username: str = self.cleaned_data["username"]
        if User.objects.filter(username__iexact=username).exclude(pk=self.instance.pk).exists():
            raise ValidationError(_("has already been taken"))
        if username.lower() != (self.instance.username or "").lower():
            try:
                full_path_in(None, username)
            except ValidationError as error:
                raise ValidationError(error.messages) from error
        return username


class NewPersonForm(UsernameForm, AdminUserCreationForm):
    class Meta:
        model = User
        fields = _FIELDS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Without what Django says of ways to sign in that there are not here, and of a focus that its script sets."""
        super().__init__(*args, **kwargs)
        self.fields["username"].widget.attrs.pop("autofocus", None)
        self.fields["usable_password"].help_text = _PASSWORD_HELP


class PersonForm(UsernameForm, UserChangeForm):
    password = ReadOnlyPasswordHashField(label=_("Password"), widget=PasswordState)

    class Meta:
        model = User
        fields = _FIELDS


class PersonPasswordForm(AdminPasswordChangeForm):
    """`by` is the administrator who sets it."""

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.by = by
        if "usable_password" in self.fields:
            self.fields["usable_password"].help_text = _PASSWORD_HELP

    def save(self, commit: bool = True) -> User:
        password = self.cleaned_data["password1"] if self.cleaned_data.get("set_usable_password", True) else None
        services.change_password(self.user, password=password, by=self.by)
        return self.user


@admin.register(User)
class PersonAdmin(UserAdmin):
    form = PersonForm
    add_form = NewPersonForm
    list_display = ("username", "name", "email", "state", "administrator", "is_external", "last_login")
    list_filter = ("is_active", "is_superuser", "staff_role", "is_external", "date_joined")
    search_fields = ("username", "name", "email")
    ordering = ("username",)
    filter_horizontal = ()
    readonly_fields = ("state", "last_login", "date_joined")
    fieldsets = (
        (None, {"fields": ("username", "password", "state")}),
        (_("Person"), {"fields": ("name", "email", "is_external")}),
        (_("Administration"), {"fields": ("is_superuser", "staff_role")}),
        (_("Times"), {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = ((None, {"fields": (*_FIELDS, "usable_password", "password1", "password2")}),)
    actions = ("block", "unblock", "reset_two_factor")

    @admin.display(description=_("state"), ordering="is_active")
    def state(self, person: User) -> str:
        return str(_("active") if person.is_active else _("blocked"))

    @admin.display(description=_("administrator"), boolean=True, ordering="is_superuser")
    def administrator(self, person: User) -> bool:
        return person.is_superuser

    @admin.display(description=_("Password"))
    def password_state(self, person: User) -> str:
        return str(_("A password is set.") if person.has_usable_password() else _("No password set."))

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Without the button that sets a password for those who may not."""
        found = super().get_fieldsets(request, obj)
        if obj is None or self.has_change_permission(request, obj):
            return found
        return [(None, {"fields": ("username", "password_state", "state")}), *found[1:]]

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        given = {field: form.cleaned_data[field] for field in _FIELDS if field in form.cleaned_data}
        if change:
            people.update_person(User.objects.get(pk=obj.pk), by=current_user(request), **given)
            return
        password = form.cleaned_data["password1"] if form.cleaned_data.get("set_usable_password", True) else None
        made = people.create_person(password=password, by=current_user(request), **given)
        obj.__dict__.update(made.__dict__)

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        people.delete_person(obj, by=current_user(request))

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Deleting is done one by one: each may be refused for a reason of its own."""
        found = super().get_actions(request)
        found.pop("delete_selected", None)
        return found

    def changeform_view(
        self, request: HttpRequest, object_id: Any = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        view = super().changeform_view
        return _show_service_errors(request, lambda: view(request, object_id, form_url, extra_context))

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        view = super().delete_view
        return _show_service_errors(request, lambda: view(request, object_id, extra_context))

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        return _show_service_errors(request, lambda: self._change_password(request, id, form_url))

    def _change_password(self, request: HttpRequest, id: str, form_url: str) -> HttpResponse:
        # The form must know who sets the password; Django makes it from this attribute.
        knowing = copy.copy(self)
        knowing.change_password_form = partial(PersonPasswordForm, by=current_user(request))
        return super(PersonAdmin, knowing).user_change_password(request, id, form_url)

    @admin.action(description=_("Block the selected people"))
    def block(self, request: HttpRequest, people: QuerySet[User]) -> None:
        if not current_user(request).is_superuser:
            people = people.filter(is_superuser=False)  # nobody takes away those who gave them their role
        self._change_each(request, people, services.block_person, BLOCKED)

    @admin.action(description=_("Unblock the selected people"))
    def unblock(self, request: HttpRequest, people: QuerySet[User]) -> None:
        self._change_each(request, people, services.unblock_person, UNBLOCKED)

    @admin.action(description=_("Reset the two-factor sign-in of the selected people"))
    def reset_two_factor(self, request: HttpRequest, people: QuerySet[User]) -> None:
        self._change_each(request, people, reset_two_factor, RESET)

    def _change_each(
        self, request: HttpRequest, people: QuerySet[User], change: Callable[..., object], message: Any
    ) -> None:
        done = 0
        for person in people:
            try:
                change(person, by=current_user(request))
            except ValidationError as error:
                self.message_user(request, f"{person}: {' '.join(error.messages)}", messages.ERROR)
            else:
                done += 1
        if done:
            self.message_user(request, message % {"n": done})


def _show_service_errors(request: HttpRequest, view: Callable[[], HttpResponse]) -> HttpResponse:
    """A service's no, as a message on the page it came from."""
    try:
        return view()
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect(request.get_full_path())


class StateFilter(admin.SimpleListFilter):
    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("active", _("In use")), ("inactive", _("Ended"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        match self.value():
            case "active":
                return queryset.active()
            case "inactive":
                return queryset.inactive()
        return queryset


@admin.register(PersonalToken)
class PersonalTokenAdmin(ReadOnlyAdmin):
    """To look at and to revoke: nothing here makes one or shows what it is kept as."""

    list_display = ("name", "user", "scopes", "created_at", "last_used_at", "expires_at", "in_use")
    list_filter = (StateFilter, ExpiryFilter, "user__is_bot", "revoked", "created_at")
    list_select_related = ("user",)
    search_fields = ("name", "user__username", "user__name")
    fields = readonly_fields = (
        "user", "name", "description", "scopes_explained", "created_at", "last_used_at", "expires_at", "revoked"
    )  # fmt: skip
    actions = ("revoke",)
    scopes_explained = explain("scopes", dict(Scope.choices))

    @admin.display(boolean=True, description=_("in use"))
    def in_use(self, token: PersonalToken) -> bool:
        return token.active

    @admin.action(description=_("Revoke the selected tokens"))
    def revoke(self, request: HttpRequest, tokens: QuerySet[PersonalToken]) -> None:
        active = list(tokens.filter(revoked=False))
        for token in active:
            services.revoke_token(token, by=current_user(request))
        text = ngettext("%(n)d token revoked.", "%(n)d tokens revoked.", len(active))
        self.message_user(request, text % {"n": len(active)})
