"""What a person confirms before the rule of a group changes, in numbers."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from identity.models import User
from projects.models import Group, Project
from projects.roles.group_lock import keep_groups_once
from tokenaccess.allowlist import services
from tokenaccess.allowlist.display.modes import count_projects_by_mode
from tokenaccess.allowlist.impact import impact
from tokenaccess.allowlist.services.locking import lock_group
from tokenaccess.policy.levels import InboundMode
from tokenaccess.replay.replay import Change, Replay, replay_change
from tokenaccess.views.frame import with_days
from tokenaccess.views.limits.switches import Confirmation, Effects


def rule_confirmation(group: Group, wanted: dict[str, Any], by: User) -> Confirmation | None:
    """None if no project would limit access more or less than now, and no job of the last days would have been answered
    otherwise. `wanted`: as `change_group_rule` takes it. Raises TokenAccessError as that does."""

    def change() -> None:
        services.change_group_rule(group, by=by, **wanted)

    more = _count_more_enforced(group, change)
    answers = replay_change(group, change, reader=by, days=impact.WINDOW_DAYS)
    effects = [*_effects_on_projects(more), *_effects_on_sources(answers)]
    if not effects:
        return None
    closes = more > 0 or bool(_count(answers.refused, answers.hidden_refused))
    fields = {name: "on" for name in ("has_ceiling", "is_locked") if wanted[name]}
    return Confirmation(
        question=_("Change the rule for all projects below %(path)s?") % {"path": group.full_path},
        button=_("Save the rule"),
        keep=_("Leave it as it is"),
        effects=effects,
        stays=_("You can add sources to the list of the group first.") if closes else "",
        icon="lock" if closes else "lock-open",
        fields={"inbound_mode": str(wanted["inbound_mode"].value), **fields, "confirmed": "1"},
    )


def _count_more_enforced(group: Group, change: Change) -> int:
    """How many projects below would enforce their limit that do not now, less those the other way round."""
    below = Project.objects.below(group.pk)
    with transaction.atomic(), keep_groups_once():
        lock_group(group)
        before = count_projects_by_mode(below)
        change()
        after = count_projects_by_mode(below)
        transaction.set_rollback(True)
    return after[InboundMode.ENFORCED] - before[InboundMode.ENFORCED]


def _effects_on_projects(more: int) -> Effects:
    if more > 0:
        return [(more, ngettext("project becomes enforced.", "projects become enforced.", more), "")]
    if more < 0:
        return [(-more, ngettext("project is enforced no longer.", "projects are enforced no longer.", -more), "")]
    return []


def _effects_on_sources(answers: Replay) -> Effects:
    refused = _count(answers.refused, answers.hidden_refused)
    admitted = _count(answers.admitted, answers.hidden_admitted)
    if answers.is_cut:
        why = with_days(_("At least: the log of the last %(days)d days has more than is asked about."))
    else:
        why = with_days(_("Asked again with what the log has of the last %(days)d days."))
    lost = ngettext("source would be refused.", "sources would be refused.", refused)
    won = ngettext("source would be refused no longer.", "sources would be refused no longer.", admitted)
    return [effect for effect in ((refused, lost, why), (admitted, won, why)) if effect[0]]


def _count(rows: list[Any], hidden: int) -> int:
    return len({row.path for row in rows}) + hidden
