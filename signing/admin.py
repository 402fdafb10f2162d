"""Signing keys in the administration: which sign, which are published, and their rotation. Never a private key."""

from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

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
    actions = ("rotate", "rotate_at_once", "withdraw")

    @admin.action(description="Sign ID tokens with the next key", permissions=["view"])
    def rotate(self, request: HttpRequest, keys: QuerySet[SigningKey]) -> None:
        self._rotate(request, keys, at_once=False)

    @admin.action(description="Sign ID tokens with the next key at once (the key has leaked)", permissions=["view"])
    def rotate_at_once(self, request: HttpRequest, keys: QuerySet[SigningKey]) -> None:
        self._rotate(request, keys, at_once=True)

    @admin.action(description="Withdraw former keys: what they signed is refused", permissions=["view"])
    def withdraw(self, request: HttpRequest, keys: QuerySet[SigningKey]) -> None:
        former = [key for key in keys if key.state == "former"]
        for key in former:
            rotation.withdraw(key, by=current_user(request))
        if former:
            self.message_user(request, "Withdrawn. Verifiers may remember the published keys for half an hour.")
        else:
            self.message_user(request, "Only former keys can be withdrawn. Rotate first.", messages.ERROR)

    def _rotate(self, request: HttpRequest, keys: QuerySet[SigningKey], *, at_once: bool) -> None:
        if not any(key.state == "current" and key.purpose == Purpose.ID_TOKENS for key in keys):
            problem = "Select the current key of the ID tokens. Those of the registry: manage.py rotate_registry_key."
            self.message_user(request, problem, messages.ERROR)
            return
        try:
            rotation.rotate(Purpose.ID_TOKENS, by=current_user(request), at_once=at_once)
        except rotation.TooEarly as error:
            self.message_user(request, str(error), messages.ERROR)
        else:
            self.message_user(request, "The next key signs from now on.")
