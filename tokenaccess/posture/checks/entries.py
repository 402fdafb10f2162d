"""What the checks of allowlist entries have in common: of those of projects, and of those of groups, which count for
all projects below."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, Generic, TypeVar

from django.db.models import Exists, OuterRef, Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.urls import reverse
from django.utils.translation import gettext as _

from projects.models import Group, Project
from tokenaccess.allowlist.group_rules.ceilings import cut_by_ceilings
from tokenaccess.models import AllowlistEntry, AuthorizationRecord, GroupAllowlistEntry
from tokenaccess.models.list_entry import ListEntry
from tokenaccess.policy import Action
from tokenaccess.policy.permissions import Permission
from tokenaccess.posture.check import Check, name_of
from tokenaccess.posture.scope import Scope

EntryT = TypeVar("EntryT", bound=ListEntry)


class ListCheck(Check[EntryT], Generic[EntryT]):
    """Of whichever kind of list."""

    of_groups: ClassVar[bool] = False

    def entries(self, scope: Scope) -> QuerySet[EntryT]:
        """Those that admit somebody today: of which a ceiling leaves nothing, open nothing."""
        return self._below_ceilings(scope, None)

    def grants(self, scope: Scope, permission: str = "") -> QuerySet[EntryT]:
        """`entries` to which the ceilings leave this permission, or all that the user's role may do; whether they
        grant it themselves is not looked at."""
        return self._below_ceilings(scope, permission)

    def active(self, scope: Scope) -> QuerySet[EntryT]:
        """Those that neither ended nor are suspended, whatever the ceilings leave of them."""
        raise NotImplementedError

    def without_use(self, rows: QuerySet[EntryT]) -> QuerySet[EntryT]:
        """Those that no job ever used, as far as the log goes back."""
        raise NotImplementedError

    def _below_ceilings(self, scope: Scope, permission: str | None) -> QuerySet[EntryT]:
        rows = self.active(scope)
        if not scope.has_ceilings:
            return rows
        return rows.exclude(cut_by_ceilings(scope.today, permission, of_groups=self.of_groups))


class EntryCheck(ListCheck[AllowlistEntry]):
    model = AllowlistEntry
    related = ("project", "target_project", "target_group")

    def active(self, scope: Scope) -> QuerySet[AllowlistEntry]:
        rows = AllowlistEntry.objects.inbound().active(scope.today)
        deleted = _deleted_projects()
        rows = rows.exclude(target_project__in=deleted)
        if scope.target is None:
            return rows.exclude(project__in=deleted).order_by()
        return rows.filter(project__in=scope.project_ids).order_by()

    def without_use(self, rows: QuerySet[AllowlistEntry]) -> QuerySet[AllowlistEntry]:
        return rows.filter(_never_used(accessed_project=OuterRef("project")))

    def targets(self, row: AllowlistEntry) -> tuple[Project | Group, ...]:
        return (row.target,)

    def label(self, row: AllowlistEntry, hidden: frozenset[tuple[str, int]]) -> str:
        names = {"target": _target_name(row, hidden), "project": row.project.full_path}
        return _("%(target)s on the list of %(project)s") % names

    def url(self, row: AllowlistEntry) -> str:
        return reverse("project_token_access_entry", args=[row.project.full_path, row.pk])


class GroupEntryCheck(ListCheck[GroupAllowlistEntry]):
    """A finding of the group whose list it is on, and in what is below it an inherited one."""

    of_groups = True
    model = GroupAllowlistEntry
    related = ("group", "target_project", "target_group")
    project_field = ""
    group_field = "group"
    fix_group_action = Action.MANAGE_GROUP_TOKEN_ACCESS

    def active(self, scope: Scope) -> QuerySet[GroupAllowlistEntry]:
        rows = GroupAllowlistEntry.objects.active(scope.today).exclude(target_project__in=_deleted_projects())
        if scope.target is not None:
            rows = rows.filter(Q(group__in=scope.groups) | Q(group__in=scope.groups_above))
        return rows.order_by()

    def without_use(self, rows: QuerySet[GroupAllowlistEntry]) -> QuerySet[GroupAllowlistEntry]:
        return rows.filter(_never_used(accessed_project__group__ancestor_links__ancestor=OuterRef("group")))

    def targets(self, row: GroupAllowlistEntry) -> tuple[Project | Group, ...]:
        return (row.target, row.group)

    def label(self, row: GroupAllowlistEntry, hidden: frozenset[tuple[str, int]]) -> str:
        is_hidden = (str(row.group.kind), row.group_id) in hidden
        group = _("a hidden group") if is_hidden else _("group %(path)s") % {"path": row.group.full_path}
        return _("%(target)s on the list of %(project)s") % {"target": _target_name(row, hidden), "project": group}

    def url(self, row: GroupAllowlistEntry) -> str:
        return reverse("group_token_access_entry", args=[row.group.full_path, row.pk])

    def inherited_from(self, row: GroupAllowlistEntry, scope: Scope) -> Group | None:
        return row.group if scope.is_above(row.group) else None


def used_by(entry: ListEntry) -> list[str]:
    """The permissions that jobs of the entry's target used where its list counts, as far as the log goes back. One
    statement."""
    if isinstance(entry.holder, Project):
        records = AuthorizationRecord.objects.filter(accessed_project=entry.holder)
    else:
        records = AuthorizationRecord.objects.filter(accessed_project__group__ancestor_links__ancestor=entry.holder)
    if entry.target_project_id is not None:
        records = records.filter(origin_project=entry.target_project_id)
    else:
        records = records.filter(origin_project__group__ancestor_links__ancestor=entry.target_group_id)
    used: Iterable[dict[str, str]] = records.order_by().values_list("used", flat=True)
    return sorted({name for one in used for name in one if name in set(Permission)})


def granting(rows: QuerySet[AllowlistEntry], name: str) -> QuerySet[AllowlistEntry]:
    """With default permissions, or with that one on their own list. SQLite cannot look into JSON otherwise."""
    rows = rows.alias(as_text=Cast("permissions", TextField()))
    return rows.filter(Q(default_permissions=True) | Q(as_text__contains=f'"{name}"'))


def _target_name(row: ListEntry, hidden: frozenset[tuple[str, int]]) -> str:
    words = _("a hidden group") if row.target_project_id is None else _("a hidden project")
    return name_of(row.target, hidden, words)


def _deleted_projects() -> QuerySet[Any, Any]:
    """The ids of those that are being deleted: few, and a join would read all."""
    return Project.objects.filter(pending_deletion=True).order_by().values("pk")


def _never_used(**accessed: OuterRef) -> Q:
    used = AuthorizationRecord.objects.filter(**accessed)
    by_project = used.filter(origin_project=OuterRef("target_project"))
    by_group = used.filter(origin_project__group__ancestor_links__ancestor=OuterRef("target_group"))
    return Q(target_group=None) & ~Exists(by_project) | Q(target_project=None) & ~Exists(by_group)
