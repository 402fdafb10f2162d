"""Entries that nobody will ask about again."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from identity.models import User, today
from tokenaccess.allowlist.services.terms import RENEWAL_DAYS, set_terms
from tokenaccess.models import AllowlistEntry, GroupAllowlistEntry
from tokenaccess.posture.check import Effects, Severity
from tokenaccess.posture.checks.entries import EntryCheck, EntryT, GroupEntryCheck, ListCheck
from tokenaccess.posture.scope import Scope


class _WithoutEnd(ListCheck[EntryT]):
    severity = Severity.LOW
    why = gettext_lazy("It stays open when nobody remembers what it was for.")
    fix_label = gettext_lazy("Set an end")
    fix_question = gettext_lazy("Set an end for this entry?")

    def rows(self, scope: Scope) -> QuerySet[EntryT]:
        return self.entries(scope).filter(expires_at=None)

    def effects(self, row: EntryT) -> Effects:
        return [(RENEWAL_DAYS, _("days until it ends. It can be renewed."), "")]

    def fix(self, row: EntryT, by: User) -> None:
        set_terms(row, {"expires_at": today() + timedelta(days=RENEWAL_DAYS)}, by=by)


class EntryWithoutEnd(_WithoutEnd[AllowlistEntry], EntryCheck):
    name = "entry_without_end"
    title = gettext_lazy("Entry that never ends")


class GroupEntryWithoutEnd(_WithoutEnd[GroupAllowlistEntry], GroupEntryCheck):
    name = "group_list_entry_without_end"
    title = gettext_lazy("Entry of a group's list that never ends")
