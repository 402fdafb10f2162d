"""What a project has now, as a rules file would say it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models.functions import Coalesce

from identity.models import User
from projects.models import Group, Project
from tokenaccess.access.facts import settings_of
from tokenaccess.allowlist.services.group_rules import rule_of as group_rule_of
from tokenaccess.allowlist.targets import TargetKey, visible_targets
from tokenaccess.models import AllowlistEntry, GroupAllowlistEntry, GroupRule, TokenAccessSettings
from tokenaccess.policy.actions import TargetKind
from tokenaccess.policy.levels import InboundMode
from tokenaccess.rules_file.document import LISTS, EntryRule, RulesDocument
from tokenaccess.rules_file.rule_set import RuleSet
from tokenaccess.rules_file.terms import terms_of

# TargetKey below `pushes` → field of the settings.
PUSH_FIELDS = {
    "own_jobs": "takes_job_pushes",
    "listed_projects": "takes_cross_project_pushes",
    "start_pipelines": "job_pushes_start_pipelines",
}


@dataclass(frozen=True, slots=True)
class RulesState:
    """`rules`: everything. `hidden`: what of its lists the reader may not see."""

    holder: Project | Group
    rules: RuleSet
    hidden: frozenset[TargetKey]

    @property
    def document(self) -> RulesDocument:
        """All of it that the reader may see."""
        settings = self.rules.settings
        if isinstance(self.holder, Group):
            return RulesDocument(
                self.holder.full_path, settings["mode"], inbound=self._visible("inbound"), kind=TargetKind.GROUP,
                ceiling=settings["ceiling"], locked=settings["locked"],
            )  # fmt: skip
        pushes = {name: settings[f"pushes.{name}"] for name in PUSH_FIELDS}
        return RulesDocument(
            self.holder.full_path, settings["mode"], settings["outbound_limit"], pushes, self._visible("inbound"),
            self._visible("outbound"),
        )  # fmt: skip

    def hidden_in(self, name: str) -> int:
        return sum(key in self.hidden for key in self.rules.lists[name])

    def _visible(self, name: str) -> tuple[EntryRule, ...]:
        return tuple(rule for key, rule in self.rules.lists[name].items() if key not in self.hidden)


def read_state(holder: Project | Group, reader: User | None) -> RulesState:
    """Four statements, however long the lists are. `reader` None: the system, which sees everything."""
    if isinstance(holder, Group):
        rows: Any = GroupAllowlistEntry.objects.filter(group=holder)
        lists: dict[str, dict[TargetKey, EntryRule]] = {"inbound": {}}
        settings = _group_settings(group_rule_of(holder))
    else:
        rows = AllowlistEntry.objects.filter(project=holder)
        lists = {name: {} for name in LISTS}
        settings = _settings(settings_of(holder))
    # Of what an entry names its path is enough: an object of each took longer than all else.
    rows = rows.annotate(path=Coalesce("target_project__full_path", "target_group__full_path"))
    for entry in rows.select_related("owner").order_by("id"):
        key = str(entry.kind), entry.target_id
        granted = None if entry.default_permissions else tuple(entry.permissions)
        rule = EntryRule(entry.kind, entry.path, granted, terms_of(entry))
        lists[str(getattr(entry, "direction", "inbound"))][key] = rule
    listed = frozenset(key for entries in lists.values() for key in entries)
    hidden = frozenset() if reader is None else listed - visible_targets(listed, reader)
    return RulesState(holder, RuleSet(settings, lists), hidden)


def _settings(settings: TokenAccessSettings) -> dict[str, object]:
    pushes = {f"pushes.{name}": getattr(settings, field_name) for name, field_name in PUSH_FIELDS.items()}
    mode = InboundMode(settings.inbound_mode).name.lower()
    return {"mode": mode, "outbound_limit": settings.limits_outbound, **pushes}


def _group_settings(rule: GroupRule) -> dict[str, object]:
    mode = InboundMode(rule.inbound_mode).name.lower()
    return {"mode": mode, "ceiling": rule.has_ceiling, "locked": rule.is_locked}
