"""What the checks of allowlist entries have in common."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import QuerySet, TextField
from django.db.models.functions import Cast
from django.urls import reverse
from django.utils.translation import gettext as _

from projects.models import Group, Project
from tokenaccess.allowlist.group_rules.ceilings import cut_by_ceilings
from tokenaccess.models import AllowlistEntry, AuthorizationRecord
from tokenaccess.policy.permissions import Permission
from tokenaccess.posture.check import Check, name_of
from tokenaccess.posture.scope import Scope


class EntryCheck(Check[AllowlistEntry]):
    model = AllowlistEntry
    related = ("project", "target_project", "target_group")

    def entries(self, scope: Scope) -> QuerySet[AllowlistEntry]:
        """Those that admit somebody today: of which a ceiling leaves nothing, open nothing."""
        rows = AllowlistEntry.objects.inbound().active(scope.today)
        if scope.has_ceilings:
            rows = rows.exclude(cut_by_ceilings(scope.today))
        deleted = Project.objects.filter(pending_deletion=True).order_by().values("pk")  # few; a join would read all
        rows = rows.exclude(target_project__in=deleted)
        if scope.target is None:
            return rows.exclude(project__in=deleted).order_by()
        return rows.filter(project__in=scope.project_ids).order_by()

    def grants(self, scope: Scope, permission: str = "") -> QuerySet[AllowlistEntry]:
        """`entries` to which the ceilings leave this permission, or all that the user's role may do; whether they
        grant it themselves is not looked at."""
        rows = self.entries(scope)
        return rows.exclude(cut_by_ceilings(scope.today, permission)) if scope.has_ceilings else rows

    def targets(self, row: AllowlistEntry) -> tuple[Project | Group, ...]:
        return (row.target,)

    def label(self, row: AllowlistEntry, hidden: frozenset[tuple[str, int]]) -> str:
        words = _("a hidden group") if row.target_project_id is None else _("a hidden project")
        names = {"target": name_of(row.target, hidden, words), "project": row.project.full_path}
        return _("%(target)s on the list of %(project)s") % names

    def url(self, row: AllowlistEntry) -> str:
        return reverse("project_token_access_entry", args=[row.project.full_path, row.pk])


def used_by(entry: AllowlistEntry) -> list[str]:
    """The permissions that jobs of the entry's target used there, as far as the log goes back. One statement."""
    records = AuthorizationRecord.objects.filter(accessed_project=entry.project)
    if entry.target_project_id is not None:
        records = records.filter(origin_project=entry.target_project_id)
    else:
        records = records.filter(origin_project__group__ancestor_links__ancestor=entry.target_group_id)
    used: Iterable[dict[str, str]] = records.values_list("used", flat=True)
    return sorted({name for one in used for name in one if name in set(Permission)})


def with_permission(rows: QuerySet[AllowlistEntry], name: str) -> QuerySet[AllowlistEntry]:
    """Whose own list of permissions has that one. SQLite cannot look into JSON otherwise."""
    return rows.alias(as_text=Cast("permissions", TextField())).filter(as_text__contains=f'"{name}"')
