"""Adding, changing and removing badges; each with its line in the history."""

from __future__ import annotations

from collections.abc import Mapping

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet

from audit import services as audit
from identity.models import User
from identity.names import require_visible
from projects.badges.placeholders import url_fault
from projects.models import Badge, Group, Project

MAX_BADGES = 100  # of one project or group by itself
EDITABLE = frozenset({"name", "link_url", "image_url"})


def badges_of(target: Project | Group) -> QuerySet[Badge]:
    """Of a project with those of the groups above it, of a group its own."""
    if isinstance(target, Group):
        return Badge.objects.filter(group=target)
    above = Group.objects.above(target.group_id).values("pk")
    return Badge.objects.filter(Q(project=target) | Q(group__in=above))


@transaction.atomic
def create_badge(target: Project | Group, *, by: User, link_url: str, image_url: str, name: str = "") -> Badge:
    """Raises ValidationError by field."""
    values = {"name": name, "link_url": link_url, "image_url": image_url}
    _validate(values)
    type(target)._default_manager.select_for_update(of=("self",)).get(pk=target.pk)  # two at once count each other
    if Badge.objects.filter(**{str(target.kind): target}).count() >= MAX_BADGES:
        raise ValidationError({"base": [f"There are {MAX_BADGES} badges, which is the most there can be"]})
    badge = Badge.objects.create(**{str(target.kind): target}, **values)
    _record("badge_added", "was added to", badge, target, by, values)
    return badge


@transaction.atomic
def update_badge(badge: Badge, *, by: User, **changes: str) -> Badge:
    """`changes`: any of EDITABLE. Raises ValidationError by field."""
    badge = Badge.objects.select_for_update(of=("self",)).select_related("project", "group").get(pk=badge.pk)
    real = {field: value for field, value in changes.items() if getattr(badge, field) != value}
    if unknown := real.keys() - EDITABLE:
        raise TypeError(f"not editable: {', '.join(sorted(unknown))}")
    _validate(real)
    for field, value in real.items():
        setattr(badge, field, value)
    if real:
        badge.save(update_fields=list(real))
        _record("badge_changed", "was changed in", badge, _target_of(badge), by, real)
    return badge


@transaction.atomic
def delete_badge(badge: Badge, *, by: User) -> None:
    _record("badge_removed", "was removed from", badge, _target_of(badge), by, {})
    badge.delete()


def _target_of(badge: Badge) -> Project | Group:
    target = badge.project or badge.group
    assert target is not None  # the database says so: badge_of_project_or_group
    return target


def _validate(values: Mapping[str, str]) -> None:
    faults = {
        field: fault for field in ("link_url", "image_url") if (fault := url_fault(values.get(field, "http://x")))
    }
    if faults:
        raise ValidationError({field: [fault] for field, fault in faults.items()})
    require_visible(name=values.get("name", ""))


def _record(event: str, what: str, badge: Badge, target: Project | Group, by: User, details: Mapping[str, str]) -> None:
    message = f"Badge {badge} {what} {target.full_path}"
    audit.record(event, message, by=by, on=target, path=target.full_path, badge=str(badge), **details)
