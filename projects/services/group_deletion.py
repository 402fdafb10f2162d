"""Deleting a group with all that lies below it: gone for everyone at once, its projects removed by the housekeeping.

The groups go in one transaction, with their rules, members, variables, runners, hooks, tokens and the entries that name
them. Their projects are too much for one: they are marked as a single one is (projects.services.deletion), and wait in
a group that nobody finds, which the housekeeping removes after them. The number of statements depends on
neither.
"""

from __future__ import annotations

from itertools import count
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import CharField, Q, Value
from django.db.models.functions import Cast, Concat

from audit import services as audit
from identity.models import User
from projects.extensions.events import tree_deleted
from projects.extensions.fixed_paths import fixed_projects
from projects.models import FormerPath, Group, GroupAncestor, Project, ProjectEffectiveRole
from projects.roles import effective_roles
from projects.roles.group_lock import await_keepers
from projects.services.names import is_taken
from tokenaccess.policy.levels import Visibility


class Tree(NamedTuple):
    """`group` and all groups below it, with their parents; their projects, `marked` those that were deleted before."""

    group: Group
    groups: list[Group]
    projects: list[Project]
    marked: list[Project]

    @classmethod
    def below(cls, group: Group) -> Tree:
        projects = list(Project.objects.below(group.pk))
        return cls(
            group,
            list(Group.objects.below(group.pk).select_related("parent")),
            [project for project in projects if not project.pending_deletion],
            [project for project in projects if project.pending_deletion],
        )


@transaction.atomic
def delete_group(group: Group, *, by: User) -> None:
    """Who may is asked by the caller. Raises ValidationError: it is gone, or somebody's namespace with projects."""
    await_keepers()
    effective_roles.lock_tree(group)
    tree = Tree.below(group)
    if group.person_id is not None and tree.projects:
        raise ValidationError({"base": ["A person's own namespace still holds projects; delete those first"]})
    _record(tree, by)
    tree_deleted.send(sender=Group, group=group, groups=tree.groups, projects=tree.projects)
    places = _places_elsewhere(group)  # known before the links go, by which groups of it were invited there
    waiting = _move_to_waiting_group(group) if tree.projects or tree.marked else None
    # A group is kept from going before those below it; these go together.
    Group.objects.below(group.pk).exclude(pk=group.pk).update(parent=None)
    Group.objects.filter(pk__in=[one.pk for one in tree.groups]).delete()
    _sync_roles(*places, waiting)


def _record(tree: Tree, by: User) -> None:
    for kind, places in (("project", tree.projects), ("group", tree.groups)):
        label = kind.capitalize()
        changes = [audit.Change(f"{label} {one.full_path} was deleted", one, one.full_path) for one in places]
        audit.record_each(f"{kind}_deleted", changes, by=by)


def _places_elsewhere(group: Group) -> tuple[list[int], list[int]]:
    """The ids of the groups and projects outside in which members of these groups have a role."""
    groups, projects = effective_roles.places_below(group)
    below = GroupAncestor.objects.filter(ancestor=group).values("group")
    outside = groups.exclude(pk__in=below), projects.exclude(group__in=below)
    return tuple(list(rows.values_list("pk", flat=True)) for rows in outside)  # type: ignore[return-value]


def _move_to_waiting_group(group: Group) -> Group:
    """All projects below, marked. Their paths are free, but for those that something still goes by."""
    projects = Project.objects.below(group.pk)
    waiting = _create_waiting_group(group)
    FormerPath.objects.filter(project__in=projects).delete()
    name = Concat(Value("deleted-"), Cast("pk", CharField()))
    moved = projects.exclude(pk__in=fixed_projects(projects))
    moved.update(path=name, full_path=Concat(Value(f"{waiting.full_path}/"), name))
    projects.update(group=waiting, pending_deletion=True)
    return waiting


def _create_waiting_group(group: Group) -> Group:
    names = (f"deleted-group-{group.pk}{'-' * bool(number)}{number or ''}" for number in count())
    path = next(name for name in names if not is_taken(name))
    waiting = Group.objects.create(
        name=path, path=path, full_path=path, visibility=Visibility.PRIVATE, pending_deletion=True
    )
    GroupAncestor.objects.create(group=waiting, ancestor=waiting, distance=0)
    return waiting


def _sync_roles(groups: list[int], projects: list[int], waiting: Group | None) -> None:
    changed = Q(pk__in=projects)
    if waiting is not None:
        # Almost all of them: so it is one statement, however many there are.
        ProjectEffectiveRole.objects.filter(content_object__group=waiting).delete()
        changed |= Q(group=waiting)
    effective_roles.sync(groups=Group.objects.filter(pk__in=groups), projects=Project.objects.filter(changed))
