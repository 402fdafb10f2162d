"""What the groups above a target have to do with an answer, in words. A group is named only to who may see it."""

from __future__ import annotations

from django.utils.translation import gettext as _

from identity.models import User
from projects.models import Group
from tokenaccess.policy import Facts


def describe_groups(facts: Facts, reader: User, *, at_target: bool) -> list[str]:
    """One sentence each. `at_target`: the reader may know the target's list. One statement, or none."""
    entry = facts.entry
    inherited, capped = (entry.group_id, entry.capped_by) if entry is not None and at_target else (0, 0)
    ids = {inherited, capped, facts.barred_by} - {0}
    if not ids:
        return []
    paths = dict(Group.objects.visible_to(reader).filter(pk__in=ids).values_list("pk", "full_path"))
    sentences = [
        (inherited, _("The entry that applies is inherited from the list of %(group)s.")),
        (capped, _("The ceiling of %(group)s leaves less than the entry grants.")),
        (facts.barred_by, _("The ceiling of %(group)s leaves nothing of the entry.")),
    ]
    unnamed = _("a group above the target")
    return [sentence % {"group": _name(paths.get(pk)) or unnamed} for pk, sentence in sentences if pk]


def _name(path: str | None) -> str:
    return "" if path is None else _("group %(path)s") % {"path": path}
