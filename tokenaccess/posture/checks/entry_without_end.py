"""Entries that nobody will ask about again."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from tokenaccess.models import AllowlistEntry
from tokenaccess.posture.check import Severity
from tokenaccess.posture.checks.entries import EntryCheck
from tokenaccess.posture.scope import Scope


class EntryWithoutEnd(EntryCheck):
    name = "entry_without_end"
    severity = Severity.LOW
    title = _("Entry that never ends")
    why = _("It stays open when nobody remembers what it was for.")

    def rows(self, scope: Scope) -> QuerySet[AllowlistEntry]:
        return self.entries(scope).filter(expires_at=None)
