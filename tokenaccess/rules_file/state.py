"""What a project has now, as a rules file would say it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from identity.models import User
from projects.models import Group, Project
from tokenaccess.access.facts import settings_of
from tokenaccess.models import AllowlistEntry, TokenAccessSettings
from tokenaccess.policy.levels import InboundMode
from tokenaccess.rules_file.document import LISTS, EntryRule, RulesDocument
from tokenaccess.rules_file.rule_set import Key, RuleSet
from tokenaccess.rules_file.terms import terms_of

RELATED = ("target_project", "target_group", "owner")
# Key below `pushes` → field of the settings.
PUSH_FIELDS = {
    "own_jobs": "takes_job_pushes",
    "listed_projects": "takes_cross_project_pushes",
    "start_pipelines": "job_pushes_start_pipelines",
}


@dataclass(frozen=True, slots=True)
class RulesState:
    """`rules`: everything. `hidden`: what of its lists the reader may not see."""

    project: Project
    rules: RuleSet
    hidden: frozenset[Key]
    targets: Mapping[Key, Project | Group] = field(repr=False)

    @property
    def document(self) -> RulesDocument:
        """All of it that the reader may see."""
        pushes = {name: self.rules.settings[f"pushes.{name}"] for name in PUSH_FIELDS}
        lists = {name: self._visible(name) for name in LISTS}
        settings = self.rules.settings
        return RulesDocument(
            self.project.full_path, settings["mode"], settings["outbound_limit"], pushes, lists["inbound"],
            lists["outbound"],
        )  # fmt: skip

    def hidden_in(self, name: str) -> int:
        return sum(key in self.hidden for key in self.rules.lists[name])

    def _visible(self, name: str) -> tuple[EntryRule, ...]:
        return tuple(rule for key, rule in self.rules.lists[name].items() if key not in self.hidden)


def read_state(project: Project, reader: User | None) -> RulesState:
    """Four statements, however long the lists are. `reader` None: the system, which sees everything."""
    rows = AllowlistEntry.objects.filter(project=project).select_related(*RELATED).order_by("id")
    lists: dict[str, dict[Key, EntryRule]] = {name: {} for name in LISTS}
    targets: dict[Key, Project | Group] = {}
    for entry in rows:
        key = (str(entry.kind), entry.target.pk)
        targets[key] = entry.target
        lists[str(entry.direction)][key] = rule_of(entry)
    hidden = frozenset() if reader is None else frozenset(targets) - visible_keys(frozenset(targets), reader)
    return RulesState(project, RuleSet(_settings(settings_of(project)), lists), hidden, targets)


def rule_of(entry: AllowlistEntry) -> EntryRule:
    """The entry as a file has it; reads what RELATED names."""
    granted = None if entry.default_permissions else tuple(entry.permissions)
    return EntryRule(entry.kind, entry.target.full_path, granted, terms_of(entry))


def visible_keys(keys: frozenset[Key], reader: User) -> frozenset[Key]:
    """Those that `reader` may see. Two statements."""
    seen: set[Key] = set()
    for kind, model in (("project", Project), ("group", Group)):
        ids = [pk for of_kind, pk in keys if of_kind == kind]
        found = model.objects.visible_to(reader).filter(pk__in=ids).values_list("pk", flat=True)
        seen.update((kind, pk) for pk in found)
    return frozenset(seen)


def _settings(settings: TokenAccessSettings) -> dict[str, object]:
    pushes = {f"pushes.{name}": getattr(settings, field_name) for name, field_name in PUSH_FIELDS.items()}
    mode = InboundMode(settings.inbound_mode).name.lower()
    return {"mode": mode, "outbound_limit": settings.limits_outbound, **pushes}
