"""Entries that give a whole group everything."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from identity.models import User
from tokenaccess.allowlist import services
from tokenaccess.models import AllowlistEntry, GroupAllowlistEntry
from tokenaccess.posture.check import Effects, Severity
from tokenaccess.posture.checks.entries import EntryCheck, EntryT, GroupEntryCheck, ListCheck, used_by
from tokenaccess.posture.scope import Scope


class _Wide(ListCheck[EntryT]):
    severity = Severity.HIGH
    fix_label = gettext_lazy("Narrow to what was used")
    fix_question = gettext_lazy("Narrow the permissions of this entry?")

    def rows(self, scope: Scope) -> QuerySet[EntryT]:
        return self.grants(scope).exclude(target_group=None).filter(default_permissions=True)

    def effects(self, row: EntryT) -> Effects:
        used = used_by(row)
        what = ngettext("permission stays, which its jobs used:", "permissions stay, which its jobs used:", len(used))
        return [(len(used), what if used else _("permissions stay: its jobs used none."), ", ".join(used))]

    def fix(self, row: EntryT, by: User) -> None:
        services.set_entry_permissions(row, default_permissions=False, permissions=used_by(row), by=by)


class WideGroupEntry(_Wide[AllowlistEntry], EntryCheck):
    name = "wide_group_entry"
    title = gettext_lazy("Entry that gives a whole group full access")
    why = gettext_lazy(
        "A job of any project in the group, also of one made tomorrow, may do all that its person may do here."
    )


class WideGroupListEntry(_Wide[GroupAllowlistEntry], GroupEntryCheck):
    name = "wide_group_list_entry"
    title = gettext_lazy("Entry of a group's list that gives a whole group full access")
    why = gettext_lazy(
        "A job of any project in that group, also of one made tomorrow, may do all that its person may do in every "
        "project below this one."
    )
