"""What is deleted together with a project or a group, in numbers, for the page that asks for a confirmation.

Apps that keep something of projects or groups add their own line (in their AppConfig.ready):

    DELETION_EFFECTS.append(packages_of)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from projects.models import Group, Project


class Deletion(NamedTuple):
    """What goes: a project alone, or a group and all below it."""

    groups: QuerySet[Group]
    projects: QuerySet[Project]


class DeletionEffect(NamedTuple):
    """`total` things, `sentence` in the number that fits it, and a `note` for the person who decides, or ""."""

    total: int
    sentence: str
    note: str = ""


EffectOf = Callable[[Deletion], DeletionEffect]
DELETION_EFFECTS: list[EffectOf] = []


def effects_of_project(project: Project) -> list[DeletionEffect]:
    return _effects(Deletion(Group.objects.none(), Project.objects.filter(pk=project.pk)))


def effects_of_group(group: Group) -> list[DeletionEffect]:
    """First the groups, itself among them, and the projects."""
    deleted = Deletion(Group.objects.below(group.pk), Project.objects.below(group.pk).alive())
    return _effects(deleted, _groups_of, _projects_of)


def _groups_of(deleted: Deletion) -> DeletionEffect:
    count = deleted.groups.count()
    sentence = ngettext("group is deleted.", "groups are deleted.", count)
    return DeletionEffect(count, sentence, _("Members, variables, runners and tokens too."))


def _projects_of(deleted: Deletion) -> DeletionEffect:
    count = deleted.projects.count()
    return DeletionEffect(count, ngettext("project is deleted.", "projects are deleted.", count))


def _effects(deleted: Deletion, *first: EffectOf) -> list[DeletionEffect]:
    """One statement per line; lines that count nothing are left out."""
    return [effect for effect_of in (*first, *DELETION_EFFECTS) if (effect := effect_of(deleted)).total]
