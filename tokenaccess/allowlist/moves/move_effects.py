"""What moving a project or group changes, in numbers (docs/group-rules.md)."""

from __future__ import annotations

from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from identity.models import User, today
from projects.extensions.moves import MoveEffect
from projects.models import Group, Project
from tokenaccess.allowlist.group_rules.inherited import InboundMatcher
from tokenaccess.allowlist.matcher import ancestor_ids
from tokenaccess.allowlist.moves.move import Move
from tokenaccess.models import AllowlistEntry, Direction, GroupAllowlistEntry, GroupRule
from tokenaccess.policy.levels import InboundMode


def effects_of_move(place: Project | Group, parent: Group | None, reader: User) -> list[MoveEffect]:
    """In numbers. A dozen statements, however much is moved."""
    move = Move.of(place, parent)
    elsewhere = _entries_elsewhere(move, reader)
    return [_projects(move), *_modes(move), _ceiling(move), *_entries(move), *elsewhere, _lock(move)]


def _projects(move: Move) -> MoveEffect:
    count = move.projects.count()
    return MoveEffect(
        count, ngettext("project moves,", "projects move,", count), _("with the limits and lists set there.")
    )


def _modes(move: Move) -> list[MoveEffect]:
    """Whose mode is held to something else."""
    own = move.projects.annotate(own=Coalesce("token_access__inbound_mode", InboundMode.ENFORCED.value))
    came, went = _strictest(move.reached), _strictest(move.left)
    stricter = own.filter(own__lt=came).count() if came > went else 0
    weaker = own.filter(own__lt=went).count() if went > came else 0
    names = {InboundMode.TRIAL: _("on trial at least."), InboundMode.ENFORCED: _("enforced.")}
    gets = ngettext("project gets a stricter limit:", "projects get a stricter limit:", stricter)
    loses = ngettext("project gets a weaker limit,", "projects get a weaker limit,", weaker)
    return [
        MoveEffect(stricter, gets, str(names.get(came, ""))),
        MoveEffect(weaker, loses, _("as no group holds it to more any longer.")),
    ]


def _strictest(groups: frozenset[int]) -> InboundMode:
    modes = GroupRule.objects.filter(pk__in=groups).values_list("inbound_mode", flat=True)
    return InboundMode(max(modes, default=InboundMode.OPEN.value))


def _ceiling(move: Move) -> MoveEffect:
    """Own entries of which a ceiling there leaves nothing."""
    cut = 0
    if GroupRule.objects.filter(pk__in=move.reached, has_ceiling=True).exists() and move.parent is not None:
        rows = AllowlistEntry.objects.inbound().active(today()).filter(project__in=move.projects.values("pk"))
        entries = list(rows.select_related("target_project", "target_group"))
        above = ancestor_ids(entry.target.nearest_group_id for entry in entries)
        lists = InboundMatcher(move.parent, own=entries)  # of those that name the same, one is as good as another
        for entry in entries:
            source = entry.target_project_id or 0  # no project has the number 0
            cut += bool(lists.match(source, above[entry.target.nearest_group_id]).barred_by)
    what = ngettext("entry of its list admits nobody there:", "entries of its lists admit nobody there:", cut)
    return MoveEffect(cut, what, _("the ceiling of a group leaves nothing of them."))


def _entries(move: Move) -> list[MoveEffect]:
    """Of the lists of groups."""
    active = GroupAllowlistEntry.objects.active(today())
    came, went = active.filter(group__in=move.reached).count(), active.filter(group__in=move.left).count()
    comes = ngettext("inherited entry comes", "inherited entries come", came)
    goes = ngettext("inherited entry goes", "inherited entries go", went)
    return [
        MoveEffect(came, comes, _("from the groups there.")),
        MoveEffect(went, goes, _("with the groups that it leaves.")),
    ]


def _entries_elsewhere(move: Move, reader: User) -> list[MoveEffect]:
    """Entries elsewhere that name one of the groups: by which its jobs have access."""
    came, went = (_count_naming(groups, reader) for groups in (move.reached, move.left))
    comes = ngettext("entry elsewhere admits its jobs then,", "entries elsewhere admit its jobs then,", came)
    goes = ngettext("entry elsewhere admits its jobs no longer,", "entries elsewhere admit its jobs no longer,", went)
    return [
        MoveEffect(came, comes, _("as it names a group that it comes to.")),
        MoveEffect(went, goes, _("as it names a group that it leaves.")),
    ]


def _count_naming(groups: frozenset[int], reader: User) -> int:
    """On the lists of what `reader` may see: a number of others would say that hidden projects trust the group."""
    own = AllowlistEntry.objects.active(today()).filter(target_group__in=groups, direction=Direction.INBOUND)
    own = own.filter(project__in=Project.objects.visible_to(reader).order_by().values("pk"))
    above = GroupAllowlistEntry.objects.active(today()).filter(target_group__in=groups)
    return own.count() + above.filter(group__in=Group.objects.visible_to(reader).order_by().values("pk")).count()


def _lock(move: Move) -> MoveEffect:
    is_locked = GroupRule.objects.filter(pk__in=move.reached, is_locked=True).exists()
    count = move.projects.count() if is_locked else 0
    what = ngettext("project is locked there:", "projects are locked there:", count)
    note = _("nobody weakens the limit, adds or widens an entry; only an owner of the group takes it away again.")
    return MoveEffect(count, what, note)
