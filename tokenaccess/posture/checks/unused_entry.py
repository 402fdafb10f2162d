"""Entries that no job ever used."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from identity.models import User
from tokenaccess.allowlist.services.terms import suspend_entry
from tokenaccess.models import AllowlistEntry, GroupAllowlistEntry
from tokenaccess.posture.check import Effects, Severity
from tokenaccess.posture.checks.entries import EntryCheck, EntryT, GroupEntryCheck, ListCheck
from tokenaccess.posture.scope import Scope

MIN_DAYS = 30


class _Unused(ListCheck[EntryT]):
    severity = Severity.MEDIUM
    fix_label = gettext_lazy("Suspend the entry")
    fix_question = gettext_lazy("Suspend this entry?")

    def rows(self, scope: Scope) -> QuerySet[EntryT]:
        return self.without_use(self.entries(scope).filter(created_at__lt=timezone.now() - timedelta(days=MIN_DAYS)))

    def effects(self, row: EntryT) -> Effects:
        return [(0, _("jobs used it. It stays on the list, and can be restored."), "")]

    def fix(self, row: EntryT, by: User) -> None:
        suspend_entry(row, by=by)


class UnusedEntry(_Unused[AllowlistEntry], EntryCheck):
    name = "unused_entry"
    title = gettext_lazy("Entry that was never used")
    why = format_lazy(
        gettext_lazy("It opens the project to jobs that have not needed it in {days} days or more."), days=MIN_DAYS
    )


class UnusedGroupEntry(_Unused[GroupAllowlistEntry], GroupEntryCheck):
    name = "unused_group_list_entry"
    title = gettext_lazy("Entry of a group's list that was never used")
    why = format_lazy(
        gettext_lazy("It opens all projects below to jobs that have needed none of them in {days} days or more."),
        days=MIN_DAYS,
    )
