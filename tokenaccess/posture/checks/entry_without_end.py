"""Entries that nobody will ask about again."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from identity.models import User, today
from tokenaccess.allowlist.services.terms import RENEWAL_DAYS, set_terms
from tokenaccess.models import AllowlistEntry
from tokenaccess.posture.check import Effects, Severity
from tokenaccess.posture.checks.entries import EntryCheck
from tokenaccess.posture.scope import Scope


class EntryWithoutEnd(EntryCheck):
    name = "entry_without_end"
    severity = Severity.LOW
    title = gettext_lazy("Entry that never ends")
    why = gettext_lazy("It stays open when nobody remembers what it was for.")

    fix_label = gettext_lazy("Set an end")
    fix_question = gettext_lazy("Set an end for this entry?")

    def rows(self, scope: Scope) -> QuerySet[AllowlistEntry]:
        return self.entries(scope).filter(expires_at=None)

    def effects(self, row: AllowlistEntry) -> Effects:
        return [(RENEWAL_DAYS, _("days until it ends. It can be renewed."), "")]

    def fix(self, row: AllowlistEntry, by: User) -> None:
        set_terms(row, {"expires_at": today() + timedelta(days=RENEWAL_DAYS)}, by=by)
