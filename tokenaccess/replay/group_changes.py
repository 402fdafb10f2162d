"""The changes of what a group sets that can be asked about before they are saved, each by the service that saves it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from identity.models import User
from projects.models import Group
from tokenaccess.allowlist import services
from tokenaccess.allowlist.find_entry import find_entry
from tokenaccess.allowlist.permissions import permission_fields
from tokenaccess.allowlist.targets import TargetName
from tokenaccess.errors import ErrorCode, TokenAccessError
from tokenaccess.models import Direction
from tokenaccess.policy.levels import InboundMode
from tokenaccess.replay.changes import EveryProposal
from tokenaccess.replay.replay import Change


@dataclass(frozen=True, slots=True)
class GroupProposals(EveryProposal):
    """Of a group, by a user. Its list has one direction."""

    holder: Group
    by: User | None

    def set_mode(self, mode: InboundMode) -> Change:
        return lambda: services.change_group_rule(self.holder, by=self.by, inbound_mode=mode)

    def set_ceiling(self, on: bool) -> Change:
        return lambda: services.change_group_rule(self.holder, by=self.by, has_ceiling=on)

    def set_lock(self, on: bool) -> Change:
        """It refuses nobody and admits nobody: it is about changes to come."""
        return lambda: services.change_group_rule(self.holder, by=self.by, is_locked=on)

    def add(
        self,
        target: TargetName,
        permissions: Iterable[str] | None = None,
        direction: str = "",
        terms: services.Terms | None = None,
    ) -> Change:
        self._require_inbound(direction)
        return lambda: services.add_group_entry(
            self.holder, target, by=self.by, terms=terms, **permission_fields(permissions)
        )

    def set_permissions(self, target: TargetName, permissions: Iterable[str] | None) -> Change:
        return lambda: services.set_entry_permissions(self._entry(target), by=self.by, **permission_fields(permissions))

    def remove(self, target: TargetName, direction: str = "") -> Change:
        self._require_inbound(direction)
        return lambda: services.delete_group_entry(self._entry(target), by=self.by)

    def end(self, target: TargetName, direction: str = "") -> Change:
        self._require_inbound(direction)
        return lambda: services.suspend_entry(self._entry(target), by=self.by)

    def _entry(self, target: TargetName) -> Any:
        """Raises TokenAccessError."""
        return find_entry(self.holder, self.known(target), by=self.by)

    @staticmethod
    def _require_inbound(direction: str) -> None:
        if direction not in {"", Direction.INBOUND}:
            raise TokenAccessError("There is no such direction", ErrorCode.INVALID)
