"""Questions asked of groups and projects. What a person may see is decided as `tokenaccess.policy` decides it for one
project; a test holds the two together over a generated world."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from django.db.models import Exists, Model, OuterRef, Q, QuerySet
from django.db.models.functions import Lower
from django.utils import timezone

from tokenaccess.policy.levels import Role, Visibility

if TYPE_CHECKING:
    from identity.models import User
    from projects.models import Group, Project  # noqa: F401

M = TypeVar("M", bound=Model)


class Tree(QuerySet[M]):
    """What groups and projects have in common: a full path, a visibility, and people's standing."""

    def at_path(self, path: str) -> Any:
        """Whatever its case; asked as LOWER(…) because that is what the unique index holds, on both databases."""
        return self.alias(lower_path=Lower("full_path")).filter(lower_path=path.lower())

    def visible_to(self, user: User | None) -> Any:
        """What `user` may see; None is a visitor who is not signed in."""
        if user is None:
            return self.filter(visibility=Visibility.PUBLIC)
        if user.is_superuser:
            return self.all()
        open_to_all = [Visibility.PUBLIC] if user.is_external else [Visibility.PUBLIC, Visibility.INTERNAL]
        return self.filter(Q(visibility__in=open_to_all) | Exists(self._standings(user, Role.GUEST)))

    def where_standing(self, user: User, role: Role) -> Any:
        """Where `user` has at least that role (administrators stand everywhere)."""
        if user.is_superuser:
            return self.all()
        return self.of_member(user, role)

    def of_member(self, user: User, role: Role) -> Any:
        """Where `user` has at least that role by membership, which administrators need not have."""
        return self.filter(Exists(self._standings(user, role)))

    def _standings(self, user: User, role: Role) -> QuerySet[Any]:
        """Whoever has a role has a row for it and one for each below."""
        rows = self.model._meta.get_field("standings").related_model._default_manager  # type: ignore[union-attr]
        alive = Q(until=None) | Q(until__gt=timezone.now().date())
        return rows.filter(alive, user=user, role=role, content_object=OuterRef("pk"))


class GroupQuerySet(Tree["Group"]):
    def shared(self) -> GroupQuerySet:
        """Groups proper, without people's own namespaces."""
        return self.filter(person=None)

    def above(self, group_id: int) -> GroupQuerySet:
        """The group itself and its ancestors, nearest first."""
        return self.filter(descendant_links__group_id=group_id).order_by("descendant_links__distance")

    def below(self, group_id: int) -> GroupQuerySet:
        """The group itself and all groups under it."""
        return self.filter(ancestor_links__ancestor_id=group_id)


class ProjectQuerySet(Tree["Project"]):
    def below(self, group_id: int) -> ProjectQuerySet:
        return self.filter(group__ancestor_links__ancestor_id=group_id)

    def alive(self) -> ProjectQuerySet:
        return self.filter(pending_deletion=False)
