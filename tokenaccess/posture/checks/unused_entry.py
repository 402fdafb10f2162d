"""Entries that no job ever used."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from identity.models import User
from tokenaccess.allowlist.services.terms import suspend_entry
from tokenaccess.models import AllowlistEntry, AuthorizationRecord
from tokenaccess.posture.check import Effects, Severity
from tokenaccess.posture.checks.entries import EntryCheck
from tokenaccess.posture.scope import Scope

MIN_DAYS = 30


class UnusedEntry(EntryCheck):
    name = "unused_entry"
    severity = Severity.MEDIUM
    title = gettext_lazy("Entry that was never used")
    why = gettext_lazy("It opens the project to jobs that have not needed it in 30 days or more.")
    fix_label = gettext_lazy("Suspend the entry")
    fix_question = gettext_lazy("Suspend this entry?")

    def rows(self, scope: Scope) -> QuerySet[AllowlistEntry]:
        used = AuthorizationRecord.objects.filter(accessed_project=OuterRef("project"))
        by_project = used.filter(origin_project=OuterRef("target_project"))
        by_group = used.filter(origin_project__group__ancestor_links__ancestor=OuterRef("target_group"))
        old = self.entries(scope).filter(created_at__lt=timezone.now() - timedelta(days=MIN_DAYS))
        return old.filter(Q(target_group=None) & ~Exists(by_project) | Q(target_project=None) & ~Exists(by_group))

    def effects(self, row: AllowlistEntry) -> Effects:
        return [(0, _("jobs used it. It stays on the list, and can be restored."), "")]

    def fix(self, row: AllowlistEntry, by: User) -> None:
        suspend_entry(row, by=by)
