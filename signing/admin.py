"""Signing keys in the administration: which sign, which are published, and their rotation. Never a private key."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext_lazy

from audit.read_only_admin import ReadOnlyAdmin
from identity.sign_in.users import current_user
from signing import rotation
from signing.models import Purpose, SigningKey


@admin.register(SigningKey)
class SigningKeyAdmin(ReadOnlyAdmin):
    list_display = ("kid", "purpose", "state", "created_at", "signs_from", "retired_at", "signs_until")
    list_filter = ("purpose",)
    search_fields = ("kid",)
    fields = ("purpose", "kid", "state", "jwk", "certificate", "created_at", "signs_from", "retired_at", "signs_until")
    STATES: ClassVar[dict[str, Any]] = {
        "next": pgettext_lazy("signing key", "next"),
        "current": pgettext_lazy("signing key", "current"),
        "former": pgettext_lazy("signing key", "former"),
    }
    actions = ("rotate", "rotate_at_once", "withdraw")

    @admin.display(description=_("state"))
    def state(self, key: SigningKey) -> str:
        return str(self.STATES[key.state])

    @admin.action(description=_("Sign ID tokens with the next key"), permissions=["view"])
    def rotate(self, request: HttpRequest, keys: QuerySet[SigningKey]) -> None:
        self._rotate(request, keys, at_once=False)

    @admin.action(description=_("Sign ID tokens with the next key at once (the key has leaked)"), permissions=["view"])
    def rotate_at_once(self, request: HttpRequest, keys: QuerySet[SigningKey]) -> None:
        self._rotate(request, keys, at_once=True)

    @admin.action(description=_("Withdraw former keys: what they signed is refused"), permissions=["view"])
    def withdraw(self, request: HttpRequest, keys: QuerySet[SigningKey]) -> None:
        former = [key for key in keys if key.state == "former"]
        for key in former:
            rotation.withdraw(key, by=current_user(request))
        if former:
            text = ngettext(
                "%(n)d key withdrawn. Verifiers may remember the published keys for half an hour.",
                "%(n)d keys withdrawn. Verifiers may remember the published keys for half an hour.",
                len(former),
            )
            self.message_user(request, text % {"n": len(former)})
        else:
            self.message_user(request, _("Only former keys can be withdrawn. Rotate first."), messages.ERROR)

    def _rotate(self, request: HttpRequest, keys: QuerySet[SigningKey], *, at_once: bool) -> None:
        if not any(key.state == "current" and key.purpose == Purpose.ID_TOKENS for key in keys):
            problem = _(
                "Select the current key of the ID tokens. Those of the registry: manage.py rotate_registry_key."
            )
            self.message_user(request, problem, messages.ERROR)
            return
        try:
            rotation.rotate(Purpose.ID_TOKENS, by=current_user(request), at_once=at_once)
        except rotation.TooEarly as error:
            self.message_user(request, str(error), messages.ERROR)
        else:
            self.message_user(request, _("The next key signs from now on."))
