"""Questions asked of groups and projects. What a person may see is decided as `tokenaccess.policy` decides it for one
project; a test holds the two together over a generated world."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from django.db.models import BooleanField, Case, Exists, ExpressionWrapper, Model, OuterRef, Q, QuerySet, When
from django.db.models.functions import Lower
from django.utils import timezone

from tokenaccess.policy.levels import Role, Visibility

if TYPE_CHECKING:
    from identity.models import User
    from projects.models import Group, Project  # noqa: F401

M = TypeVar("M", bound=Model)


def only_where(seen: Q, that: Q) -> Case:
    """The condition that both hold, where `that` is asked only if `seen` holds."""
    return Case(When(seen, then=ExpressionWrapper(that, BooleanField())), default=False, output_field=BooleanField())


class Tree(QuerySet[M]):
    """What groups and projects have in common: a full path, a visibility, and people's standing."""

    def at_path(self, path: str) -> Any:
        """Whatever its case; asked as LOWER(…) because that is what the unique index holds, on both databases."""
        return self.alias(lower_path=Lower("full_path")).filter(lower_path=path.lower())

    def visible_to(self, user: User | None, that: Q | None = None) -> Any:
        """What `user` may see; None is a visitor who is not signed in.

        `that`: what is asked by words or names from outside. It is asked of what is visible and of nothing else:
        beside each other the database asks the cheaper first, and takes longer the more that is hidden fits.
        """
        if user is not None and user.is_superuser:
            return self.filter(that) if that else self.all()
        if not that:
            return self.filter(self._seen(user))
        return self.filter(only_where(self._seen(user, every_row=True), that))

    def _seen(self, user: User | None, *, every_row: bool = False) -> Q:
        """Where `every_row` is asked, a person's standings are read once, and not looked up for each row."""
        if user is None:
            return Q(visibility=Visibility.PUBLIC)
        open_to_all = [Visibility.PUBLIC] if user.is_external else [Visibility.PUBLIC, Visibility.INTERNAL]
        held = self._standings(user, Role.GUEST)
        if every_row:
            return Q(visibility__in=open_to_all) | Q(pk__in=held.values("content_object"))
        return Q(visibility__in=open_to_all) | Q(Exists(held.filter(content_object=OuterRef("pk"))))

    def where_standing(self, user: User, role: Role) -> Any:
        """Where `user` has at least that role (administrators stand everywhere)."""
        if user.is_superuser:
            return self.all()
        return self.of_member(user, role)

    def of_member(self, user: User, role: Role) -> Any:
        """Where `user` has at least that role by membership, which administrators need not have."""
        return self.filter(Exists(self._standings(user, role).filter(content_object=OuterRef("pk"))))

    def _standings(self, user: User, role: Role) -> QuerySet[Any]:
        """Whoever has a role has a row for it and one for each below."""
        rows = self.model._meta.get_field("standings").related_model._default_manager  # type: ignore[union-attr]
        alive = Q(until=None) | Q(until__gt=timezone.now().date())
        return rows.filter(alive, user=user, role=role)


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
