"""Questions asked of groups and projects. What a person may see is decided as `tokenaccess.policy` decides it for one
project; a test holds the two together over a generated world."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from django.db.models import BooleanField, Case, Exists, ExpressionWrapper, Model, OuterRef, Q, QuerySet, When
from django.db.models.functions import Lower
from django.utils import timezone

from tokenaccess.policy.actions import Action
from tokenaccess.policy.features import row_of
from tokenaccess.policy.levels import FeatureLevel, Role, Visibility
from tokenaccess.policy.needs import NEEDS

if TYPE_CHECKING:
    from identity.models import User
    from projects.models import Group, Project  # noqa: F401

M = TypeVar("M", bound=Model)


def filter_only_visible(visible: Q, extra: Q) -> Case:
    """The condition that both hold; `extra` is evaluated for visible rows only.

    With a plain AND the database may run the filter first, and timing would leak how many hidden rows match.
    """
    return Case(
        When(visible, then=ExpressionWrapper(extra, BooleanField())), default=False, output_field=BooleanField()
    )


class NamespacedQuerySet(QuerySet[M]):
    """What groups and projects have in common: a full path, a visibility, and people's roles."""

    def alive(self) -> Any:
        """Without those that are marked for deletion."""
        return self.filter(pending_deletion=False)

    def at_path(self, path: str) -> Any:
        """Whatever its case; asked as LOWER(…) because that is what the unique index holds, on both databases."""
        return self.alias(lower_path=Lower("full_path")).filter(lower_path=path.lower())

    def visible_to(self, user: User | None, extra: Q | None = None) -> Any:
        """What `user` may see; None is a visitor who is not signed in.

        `extra`: a condition with words or names from the request. It is evaluated for visible rows only.
        """
        if user is not None and user.is_superuser:
            return self.filter(extra) if extra else self.all()
        if not extra:
            return self.filter(self._visible_condition(user))
        return self.filter(filter_only_visible(self._visible_condition(user, every_row=True), extra))

    def _visible_condition(self, user: User | None, *, every_row: bool = False) -> Q:
        """`every_row`: read the person's roles once instead of looking them up for each row."""
        if user is None:
            return Q(visibility=Visibility.PUBLIC)
        open_to_all = [Visibility.PUBLIC] if user.is_external else [Visibility.PUBLIC, Visibility.INTERNAL]
        held = self._role_rows(user, Role.GUEST)
        if every_row:
            return Q(visibility__in=open_to_all) | Q(pk__in=held.values("content_object"))
        return Q(visibility__in=open_to_all) | Q(Exists(held.filter(content_object=OuterRef("pk"))))

    def with_min_role(self, user: User, role: Role) -> Any:
        """Where `user` has at least that role; everything for administrators."""
        if user.is_superuser:
            return self.all()
        return self.with_membership_role(user, role)

    def with_membership_role(self, user: User, role: Role) -> Any:
        """Where `user` has at least that role by membership, which administrators need not have."""
        return self.filter(Exists(self._role_rows(user, role).filter(content_object=OuterRef("pk"))))

    def _role_rows(self, user: User, role: Role) -> QuerySet[Any]:
        """Whoever has a role has a row for it and one for each below."""
        rows = self.model._meta.get_field("effective_roles").related_model._default_manager  # type: ignore[union-attr]
        alive = Q(until=None) | Q(until__gt=timezone.now().date())
        return rows.filter(alive, user=user, role=role)


class GroupQuerySet(NamespacedQuerySet["Group"]):
    def visible_to(self, user: User | None, extra: Q | None = None) -> Any:
        """Without those that are marked for deletion."""
        return super().visible_to(user, extra).alive()

    def groups_only(self) -> GroupQuerySet:
        """Without people's own namespaces."""
        return self.filter(person=None)

    def above(self, group_id: int) -> GroupQuerySet:
        """The group itself and its ancestors, nearest first."""
        return self.filter(descendant_links__group_id=group_id).order_by("descendant_links__distance")

    def below(self, group_id: int) -> GroupQuerySet:
        """The group itself and all groups under it."""
        return self.filter(ancestor_links__ancestor_id=group_id)


class ProjectQuerySet(NamespacedQuerySet["Project"]):
    def below(self, group_id: int) -> ProjectQuerySet:
        return self.filter(group__ancestor_links__ancestor_id=group_id)

    def visible_to(self, user: User | None, extra: Q | None = None) -> Any:
        """Without those that are marked for deletion."""
        return super().visible_to(user, extra).alive()

    def with_readable(self, action: Action, user: User | None) -> ProjectQuerySet:
        """Where `user` (None: a visitor) may do `action`, which reads what belongs to a feature: by visibility where
        the feature serves everyone, else by role."""
        needs = NEEDS[action]
        assert needs.feature is not None
        assert needs.visitors
        column = row_of(needs.feature).column
        closed = user is None or user.is_external
        levels = [Visibility.PUBLIC] if closed else [Visibility.PUBLIC, Visibility.INTERNAL]
        reads = Q(visibility__in=levels, **{column: FeatureLevel.ENABLED})
        if user is not None:
            held = Q(pk__in=self.model._default_manager.with_min_role(user, needs.role).values("pk"))
            reads |= held & ~Q(**{column: FeatureLevel.DISABLED})
        return self.filter(reads)
