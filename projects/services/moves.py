"""Moving projects and groups to other paths. Requests for the old paths are led to the new ones (FormerPath)."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max, QuerySet
from django.db.models.functions import Length

from audit import services as audit
from identity.models import User
from projects.extensions import fixed_paths, moves
from projects.models import FormerPath, Group, GroupAncestor, Membership, Project
from projects.paths import MAX_FULL_PATH, OWN_PATHS
from projects.roles import effective_roles
from projects.services.names import full_path_in, is_taken, validate_visibility
from tokenaccess.policy.levels import Role


@transaction.atomic
def move_project(project: Project, *, by: User, group: Group | None = None, path: str | None = None) -> Project:
    """To another group, another path, or both. Who may is asked by the caller. Raises ValidationError by field."""
    home, path = group or project.group, path or project.path
    effective_roles.lock_tree(project.group, home)
    project.refresh_from_db()
    if project.pending_deletion:
        raise ValidationError({"base": ["The project was deleted meanwhile"]})
    if (home.pk, path) == (project.group_id, project.path):
        return project
    if home.pk != project.group_id:
        require_may_move(project, home, by)
    _require_movable(Project.objects.filter(pk=project.pk))
    validate_visibility(project.visibility, Group.objects.get(pk=home.pk))
    former = project.full_path
    new = _free_path(home, path, own=former)
    FormerPath.claim(new)
    project.group, project.path = home, path
    _rename_project(project, new)
    effective_roles.sync(groups=Group.objects.none(), projects=Project.objects.filter(pk=project.pk))
    audit.record("project_moved", f"Project {former} was moved to {new}", by=by, on=project, path=new, former=former)
    return project


@transaction.atomic
def rename_group(group: Group, *, path: str, by: User | None) -> Group:
    """With everything below. Raises ValidationError by field."""
    effective_roles.lock_tree(group)
    group.refresh_from_db()
    if path != group.path:
        former = group.full_path
        _require_movable(Project.objects.below(group.pk))
        group.path = path
        _rename_tree(group, _free_path(group.parent, path, own=former))
        _record_group(group, former, by)
    return group


@transaction.atomic
def transfer_group(group: Group, *, parent: Group | None, by: User) -> Group:
    """Below `parent`, or to the top. Who may is asked by the caller. Raises ValidationError by field."""
    effective_roles.lock_tree(*filter(None, (group, parent)))
    group.refresh_from_db()
    if (parent.pk if parent else None) == group.parent_id:
        raise ValidationError({"base": ["The group is there already"]})
    if parent is not None:
        parent.refresh_from_db()
        if parent.person_id is not None:
            raise ValidationError({"base": ["a personal namespace holds no groups"]})
        if Group.objects.below(group.pk).filter(pk=parent.pk).exists():
            raise ValidationError({"base": ["A group cannot lie in itself"]})
        validate_visibility(group.visibility, parent)
    require_may_move(group, parent, by)
    former = group.full_path
    _require_movable(Project.objects.below(group.pk))
    new = _free_path(parent, group.path, own=former)
    _move_below(group, parent)
    group.parent = parent
    _rename_tree(group, new)
    if parent is None and not Membership.objects.filter(group=group, role=Role.OWNER, expires_at=None).exists():
        # It had its owners from above.
        Membership.objects.update_or_create(user=by, group=group, defaults={"role": Role.OWNER, "expires_at": None})
    groups, projects = effective_roles.places_below(group)
    effective_roles.sync(groups=groups, projects=projects)
    _record_group(group, former, by)
    return group


def _free_path(parent: Group | None, path: str, *, own: str) -> str:
    """Only the case changes: the path is taken by the thing itself."""
    full_path = f"{parent.full_path}/{path}" if parent else path
    return full_path if full_path.lower() == own.lower() else full_path_in(parent, path)


def require_may_move(place: Project | Group, parent: Group | None, by: User) -> None:
    """What other apps keep `by` from. Raises ValidationError."""
    reason = moves.reason_to_stay(place, parent, by)
    if reason:
        raise ValidationError({"base": [reason]})


def _require_movable(projects: QuerySet[Project]) -> None:
    reason = fixed_paths.reason_to_stay(projects)
    if reason:
        raise ValidationError({"base": [reason]})


def _rename_tree(group: Group, new: str) -> None:
    """The group and all that lies below it."""
    former = group.full_path
    _check_below(group, new)
    FormerPath.claim(new)
    for row in Group.objects.below(group.pk).exclude(pk=group.pk).order_by("pk"):
        _keep_former(row)
        row.full_path = new + row.full_path[len(former) :]
        row.save(update_fields=["full_path"])
    for project in Project.objects.below(group.pk).order_by("pk"):  # as others lock several
        _rename_project(project, new + project.full_path[len(former) :])
    _keep_former(group)
    group.full_path = new
    group.save(update_fields=["path", "full_path", "parent"])


def _check_below(group: Group, new: str) -> None:
    below = [rows.objects.below(group.pk).aggregate(most=Max(Length("full_path")))["most"] for rows in (Group, Project)]
    if max(filter(None, below)) + len(new) - len(group.full_path) > MAX_FULL_PATH:
        raise ValidationError({"path": ["is too long together with those below"]})
    reserved = [group.full_path + path[len(new) :] for path in OWN_PATHS if path.startswith(f"{new.lower()}/")]
    if any(is_taken(path) for path in reserved):
        raise ValidationError({"path": [f"{new} is a reserved name for a group with one of that name below it"]})


def _rename_project(project: Project, new: str) -> None:
    _keep_former(Project.objects.get(pk=project.pk))
    project.full_path = new
    project.save(update_fields=["path", "full_path", "group"])


def _keep_former(row: Project | Group) -> None:
    FormerPath.at_path(row.full_path).delete()
    FormerPath.objects.create(path=row.full_path, **{str(row.kind): row})


def _move_below(group: Group, parent: Group | None) -> None:
    """The links from the groups above it to all below it."""
    inside = list(GroupAncestor.objects.filter(ancestor=group).values_list("group_id", "distance"))
    below = [pk for pk, _ in inside]
    GroupAncestor.objects.filter(group__in=below).exclude(ancestor__in=below).delete()
    above = list(GroupAncestor.objects.filter(group=parent).values_list("ancestor_id", "distance")) if parent else []
    GroupAncestor.objects.bulk_create(
        GroupAncestor(group_id=pk, ancestor_id=ancestor, distance=depth + height + 1)
        for pk, depth in inside
        for ancestor, height in above
    )


def _record_group(group: Group, former: str, by: User | None) -> None:
    message = f"Group {former} was moved to {group.full_path}"
    audit.record("group_moved", message, by=by, on=group, path=group.full_path, former=former)
