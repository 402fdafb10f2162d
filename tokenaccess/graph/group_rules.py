"""What a group sets for all projects below it (docs/group-rules.md), for its maintainers; null for anyone else."""

from __future__ import annotations

from collections.abc import Sequence

import strawberry
from strawberry.types import Info

from identity.models import User
from projects import models
from tokenaccess.access.gate import check
from tokenaccess.access.id_or_path import IdOrPath
from tokenaccess.adapters.graphql.connections import Connection, connection
from tokenaccess.adapters.graphql.context import context
from tokenaccess.allowlist.group_rules.group_tables import group_entry_rows
from tokenaccess.allowlist.services.group_rules import rule_of
from tokenaccess.graph.entries import EntryFields, Target, target_of
from tokenaccess.graph.enums import InboundMode
from tokenaccess.models import GroupAllowlistEntry, GroupRule
from tokenaccess.policy import Action

_RELATED = ("group", "target_project__group", "target_group", "added_by", "owner")


@strawberry.type(name="CiJobTokenGroupAllowlistEntry")
class GroupEntry(EntryFields):
    is_visible: strawberry.Private[bool]

    @strawberry.field
    def target(self) -> Target | None:
        """Null: one that the caller may not see."""
        return target_of(self.row) if self.is_visible else None


@strawberry.type(name="CiJobTokenGroupRule")
class GroupRuleNode:
    row: strawberry.Private[GroupRule]
    reader: strawberry.Private[User]

    @strawberry.field
    def inbound_mode(self) -> InboundMode:
        """The least of all projects below; the group's own setting."""
        return InboundMode(self.row.inbound_mode)

    @strawberry.field
    def ceiling(self) -> bool:
        """Nothing below opens more than the list."""
        return self.row.has_ceiling

    @strawberry.field
    def locked(self) -> bool:
        """Nobody below weakens the mode or widens a list."""
        return self.row.is_locked

    @connection()
    def allowlist(self) -> Connection[GroupEntry]:
        rows = GroupAllowlistEntry.objects.filter(group=self.row.group_id).exclude(
            target_project__pending_deletion=True
        )
        return Connection(rows=rows.select_related(*_RELATED).order_by("id"), to_nodes=self._to_nodes)

    def _to_nodes(self, rows: Sequence[GroupAllowlistEntry]) -> list[GroupEntry]:
        return [GroupEntry(row=row.entry, is_visible=bool(row.path)) for row in group_entry_rows(rows, self.reader)]


@strawberry.type
class TokenAccessGroupFields:
    """Part of `Group` (graph.schema)."""

    row: strawberry.Private[models.Group]

    @strawberry.field
    def ci_job_token_group_rule(self, info: Info) -> GroupRuleNode | None:
        """Counts as a list: it is asked for each group on its own."""
        here = context(info)
        here.count_list(self.row)
        access = check(here.request, Action.READ_GROUP_TOKEN_ACCESS, IdOrPath("id", self.row.pk))
        if not access.decision.allowed or here.user is None:
            return None
        return GroupRuleNode(row=rule_of(self.row), reader=here.user)
