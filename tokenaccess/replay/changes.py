"""The changes that can be asked about before they are saved, each by the service that saves it: those of a project, and
what groups (`group_changes`) have in common with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from identity.models import User
from projects.models import Project
from tokenaccess.allowlist import services
from tokenaccess.allowlist.find_entry import find_entry
from tokenaccess.allowlist.permissions import permission_fields
from tokenaccess.allowlist.targets import TargetName, find_target
from tokenaccess.models import Direction
from tokenaccess.models.list_entry import ListEntry
from tokenaccess.policy.levels import InboundMode
from tokenaccess.replay.replay import Change
from tokenaccess.rules_file.apply import apply_changes
from tokenaccess.rules_file.document import RulesDocument
from tokenaccess.rules_file.plan import make_plan


class EveryProposal:
    """What projects and groups have alike. `holder`: whose rules they are."""

    __slots__ = ()
    holder: Any
    by: Any

    def known(self, target: TargetName) -> TargetName:
        """Of an entry that is there. What the user cannot see is named by its id, which the list shows: to ask costs
        nothing, so whoever guesses a path would learn what is listed. Raises TokenAccessError."""
        if target.id_or_path.by == "path":
            find_target(self.by, target)
        return target

    def change(self, entry: ListEntry, grant: Mapping[str, Any], terms: services.Terms) -> Change:
        """All that the form of an entry says."""

        def change() -> None:
            services.set_entry_permissions(entry, by=self.by, **grant)
            services.set_terms(entry, terms, by=self.by)

        return change

    def change_named(self, target: TargetName, direction: str, make: Callable[[Any], Any]) -> Change:
        """What `make` makes of the entry for `target`."""
        return lambda: make(find_entry(self.holder, self.known(target), by=self.by, direction=direction))

    def apply(self, document: RulesDocument) -> Change:
        return lambda: apply_changes(make_plan(self.holder, document, self.by), by=self.by)


@dataclass(frozen=True, slots=True)
class Proposals(EveryProposal):
    """Of a project, by a user."""

    holder: Project
    by: User | None

    def set_mode(self, mode: InboundMode) -> Change:
        return lambda: services.set_inbound_mode(self.holder, mode, by=self.by)

    def limit_outbound(self, on: bool) -> Change:
        return lambda: services.limit_access(self.holder, by=self.by, outbound=on)

    def add(
        self,
        target: TargetName,
        permissions: Iterable[str] | None = None,
        direction: str = Direction.INBOUND,
        terms: services.Terms | None = None,
    ) -> Change:
        return lambda: services.add_entry(
            self.holder, target, by=self.by, direction=direction, terms=terms, **permission_fields(permissions)
        )

    def set_permissions(self, target: TargetName, permissions: Iterable[str] | None) -> Change:
        return lambda: services.set_permissions(
            self.holder, self.known(target), by=self.by, **permission_fields(permissions)
        )  # fmt: skip

    def remove(self, target: TargetName, direction: str = Direction.INBOUND) -> Change:
        return lambda: services.remove_entry(self.holder, self.known(target), by=self.by, direction=direction)

    def end(self, target: TargetName, direction: str = Direction.INBOUND) -> Change:
        """As the day of its end does, or suspending it: it stays on the list and admits nobody."""

        def suspend() -> None:
            entry = find_entry(self.holder, self.known(target), by=self.by, direction=direction)
            services.suspend_entry(entry, by=self.by)

        return suspend
