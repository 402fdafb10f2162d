"""The one change that would admit a job: in words, and as a button for who may make it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from identity.models import User, today
from projects.models import Group, Project
from tokenaccess.allowlist import editing_rights
from tokenaccess.allowlist.group_rules.group_lock import locking_rule
from tokenaccess.allowlist.group_rules.inherited import AnyEntry, InboundMatcher, Match
from tokenaccess.models import AllowlistEntry, Direction, GroupAllowlistEntry, GroupRule, InstanceSettings
from tokenaccess.policy import Step
from tokenaccess.policy.facts import EntryState
from tokenaccess.policy.reasons import Reason

# By the rule that refused: what to change so that the job is admitted.
ADVICE: dict[str, str | Promise] = {
    "alive": gettext_lazy("The token is valid only while its job runs. Run the job again."),
    "reachable": gettext_lazy("Job tokens never have access to this."),
    "admitted": gettext_lazy(
        "Add the job's project, or a group above it, to the allowlist of the target project; where the ceiling of a "
        "group above the target leaves it out, to the list of that group."
    ),
    "visible": gettext_lazy("Give the user who started the job a role in the target project."),
    "declared": gettext_lazy("Add what is missing to TOKEN_ACCESS of the job in the CI file, and run it again."),
    "permitted": gettext_lazy(
        "Give the allowlist entry of the job's project more permissions, or those of the user's role."
    ),
    "enabled": gettext_lazy("Enable the feature in the target project, or unarchive it."),
    "entitled": gettext_lazy("Give the user who started the job a higher role in the target project."),
    "located": gettext_lazy(
        "If the job does run there, add the network to the runner's networks. If not, somebody else has its token: "
        "stop the token."
    ),
}
_RENEW, _RESTORE = gettext_lazy("Renew the entry."), gettext_lazy("Restore the entry that is suspended.")
# By the reason, where the rule alone does not say enough.
ADVICE_FOR: dict[Reason, str | Promise] = {
    Reason.EXPIRED: _RENEW,
    Reason.EXPIRED_OUTBOUND: _RENEW,
    Reason.SUSPENDED: _RESTORE,
    Reason.SUSPENDED_OUTBOUND: _RESTORE,
    Reason.CONDITION: gettext_lazy("Let the job meet the condition of the entry, or change the condition."),
    Reason.NOT_LISTED_OUTBOUND: gettext_lazy("Add the target project to the outbound list of the job's project."),
    Reason.BARRED: gettext_lazy(
        "Add the job's project, or a group above it, to the list of the group whose ceiling leaves it out."
    ),
    Reason.PROTECTED_REF: gettext_lazy(
        "Let the role of the user who started the job run pipelines on the branch or tag, or protect it no more."
    ),
    Reason.OWN_PROJECT: gettext_lazy(
        "Let a job of the target project do it: no allowlist entry gives this to another project’s job."
    ),
}


@dataclass(frozen=True, slots=True)
class Remedy:
    """A button: a form that posts `fields` to `url`, or without any a link."""

    label: str
    url: str
    icon: str = "plus"
    fields: dict[str, str] = field(default_factory=dict)


def advise(step: Step) -> str | Promise:
    return ADVICE_FOR.get(step.reason) or ADVICE.get(step.rule, "")


def step_to_mend(steps: Iterable[Step], refused_by: str) -> Step | None:
    """The first that would refuse the same request now; that the job has ended meanwhile is not what keeps the next one
    out. `refused_by`: the rule that refused it."""
    ended = "" if refused_by == "alive" else "alive"
    return next((step for step in steps if not step.ok and step.rule != ended), None)


def find_remedy(step: Step | None, source: Project, target: Project, reader: User) -> Remedy | None:
    """For who may press it; None for anybody else, and for what no single change here mends."""
    if step is None or step.rule not in {"admitted", "permitted"}:
        return None
    match step.reason:
        case Reason.NOT_LISTED_OUTBOUND:
            return _list(source, target, reader, "project_token_access_add_outbound")
        case Reason.EXPIRED_OUTBOUND | Reason.SUSPENDED_OUTBOUND:
            own = AllowlistEntry.objects.outbound().filter(project=source, target_project=target)
            return _revive(own.select_related("project", "target_project").first(), reader)
        case Reason.EXPIRED | Reason.SUSPENDED:
            return _revive(matching_entry(target, source), reader)
        case Reason.CONDITION:
            return _change(source, target, reader, _("Change the conditions of %(path)s"))
        case Reason.BARRED:
            return _list_above(_rules_above(target), source, reader)
    if step.rule == "permitted":
        return _change(source, target, reader, _("Change the permissions of %(path)s"))
    rules = _rules_above(target)
    if _ceiling_without(source, rules) is not None:
        return _list_above(rules, source, reader)
    if any(rule.is_locked for rule in rules):
        return None
    return _list(target, source, reader, "project_token_access_add", permissions="default")


def _list(owner: Project | Group, listed: Project, reader: User, address: str, **fields: str) -> Remedy | None:
    if not editing_rights.is_maintainer(reader, owner):
        return None
    if not editing_rights.can_add(reader, listed, InstanceSettings.current()):
        return None
    label = _("Add %(listed)s to the list of %(path)s") % {"listed": listed.full_path, "path": owner.full_path}
    return Remedy(label, reverse(address, args=[owner.full_path]), fields={"path": listed.full_path, **fields})


def _revive(entry: AnyEntry | None, reader: User) -> Remedy | None:
    """Renew the entry that has expired, or restore the one that is suspended: none other steps in for it."""
    if entry is None or not editing_rights.is_maintainer(reader, entry.holder):
        return None
    if entry.direction == Direction.INBOUND and locking_rule(entry.holder) is not None:
        return None
    if not editing_rights.can_add(reader, entry.target, InstanceSettings.current()):
        return None
    expired = entry.state_on(today()) is EntryState.EXPIRED
    address = f"{entry.holder.kind}_token_access_{'renew' if expired else 'restore_entry'}"
    words = _("Renew %(path)s") if expired else _("Restore %(path)s")
    url = reverse(address, args=[entry.holder.full_path, entry.pk])
    return Remedy(words % {"path": entry.target.full_path}, url, "history" if expired else "play", {"press": "1"})


def _list_above(rules: Sequence[GroupRule], source: Project, reader: User) -> Remedy | None:
    """On the list of the group whose ceiling leaves the source out."""
    group = _ceiling_without(source, rules)
    if group is None or not editing_rights.is_maintainer(reader, group) or locking_rule(group) is not None:
        return None
    if GroupAllowlistEntry.objects.filter(group=group, target_project=source).exists():  # it has lapsed
        return None
    return _list(group, source, reader, "group_token_access_add", permissions="default")


def _rules_above(target: Project) -> list[GroupRule]:
    return list(GroupRule.objects.above(target.nearest_group_id).select_related("group"))


def _ceiling_without(source: Project, rules: Sequence[GroupRule]) -> Group | None:
    """The uppermost group whose ceiling leaves nothing of an entry for the source: one on its own list is enough for
    the ceilings below it, too. `rules`: of the groups above the target, the nearest first."""
    groups = [rule.group for rule in reversed(rules) if rule.has_ceiling]
    return next((group for group in groups if not _match(group, source).admits), None)


def _match(place: Project | Group, source: Project) -> Match:
    return InboundMatcher(place, source=source, named=True).matches([source])[source.pk]


def _change(source: Project, target: Project, reader: User, words: str) -> Remedy | None:
    entry = matching_entry(target, source)
    owner = entry.group if isinstance(entry, GroupAllowlistEntry) else target
    if entry is None or not editing_rights.is_maintainer(reader, owner):
        return None
    if locking_rule(owner) is not None or not editing_rights.can_add(reader, entry.target, InstanceSettings.current()):
        return None
    address = "group_token_access_entry" if isinstance(owner, Group) else "project_token_access_entry"
    url = reverse(address, args=[entry.holder.full_path, entry.pk])
    return Remedy(words % {"path": entry.target.full_path}, url, "pencil")


def matching_entry(target: Project, source: Project) -> AnyEntry | None:
    """The nearest, also if it has lapsed, own or inherited."""
    return _match(target, source).entry
