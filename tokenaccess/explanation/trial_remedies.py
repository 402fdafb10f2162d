"""What a reader may change about each source that a trial would refuse."""

from __future__ import annotations

from collections.abc import Sequence

from django.urls import reverse
from django.utils.translation import gettext as _

from identity.models import User
from projects.models import Group, Project
from tokenaccess.allowlist.group_rules.inherited import InboundMatcher
from tokenaccess.allowlist.group_rules.lack import lack_of
from tokenaccess.allowlist.impact.many_trials import ManyTrialsSource
from tokenaccess.allowlist.impact.trial import TrialSource
from tokenaccess.explanation.list_remedies import Case, find_list_remedies
from tokenaccess.explanation.remedy import Remedy


def add_remedies(project: Project, rows: Sequence[TrialSource], reader: User) -> None:
    """Twelve statements at most."""
    _set_remedies(project, rows, reader)


def add_group_remedies(group: Group, rows: Sequence[ManyTrialsSource], reader: User) -> None:
    """On the list of the group, or of one above it. Sixteen statements at most."""
    matches = InboundMatcher(group).matches(row.project for row in rows)
    for row in rows:
        row.match = matches[row.project.pk]
        row.lack = lack_of(row.match, row.actions) if row.helps else None
    _set_remedies(group, rows, reader)


def add_instance_remedies(rows: Sequence[ManyTrialsSource]) -> None:
    """Links to the report from which each can be added: that of the one project that would refuse it, or of the nearest
    group above several. One statement."""
    ids = {row.common_group for row in rows if row.target_count > 1 and row.common_group is not None}
    groups = dict(Group.objects.filter(pk__in=ids, person=None).values_list("pk", "full_path"))
    for row in rows:
        if row.target_count == 1 and row.targets:
            row.remedy = _at_report("project", row.targets[0].full_path)
        elif row.common_group in groups:
            row.remedy = _at_report("group", groups[row.common_group])


def _at_report(kind: str, path: str) -> Remedy:
    label = _("Add at %(path)s") % {"path": path}
    return Remedy(label, reverse(f"{kind}_token_access_trial", args=[path]), word=label)


def _set_remedies(place: Project | Group, rows: Sequence[TrialSource], reader: User) -> None:
    asked = [(row, row.lack) for row in rows if row.lack is not None]
    cases = [Case(row.project.pk, row.project.group_id, row.path, row.match, lack) for row, lack in asked]
    for (row, _lack), remedy in zip(asked, find_list_remedies(place, cases, reader), strict=True):
        row.remedy = remedy
