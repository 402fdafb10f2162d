"""Questions asked of packages. Who may read them is decided as `tokenaccess.policy` decides it for one project; a test
holds the two together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet, Sum

from projects.models import Project
from projects.querysets import only_where
from tokenaccess.policy import Action
from tokenaccess.policy.actions import NEEDS
from tokenaccess.policy.levels import FeatureLevel, Visibility

if TYPE_CHECKING:
    from identity.models import User
    from resources.packages.models import Package, PackageFile  # noqa: F401

SHOWN_UPLOADS = 20


class PackageQuerySet(QuerySet["Package"]):
    def listed(self) -> PackageQuerySet:
        """Those a list shows unless it is asked for others."""
        return self.filter(status="default")

    def readable_by(self, user: User | None, that: Q | None = None) -> PackageQuerySet:
        """In projects where `user` (None: a visitor) may read packages. `that` is asked of those and of nothing else,
        as by `projects.querysets.Tree.visible_to`."""
        readable = Q(project__in=projects_open_to(user))
        return self.filter(only_where(readable, that) if that else readable)

    def other_versions_of(self, package: Package) -> PackageQuerySet:
        same = self.filter(project=package.project_id, kind=package.kind, name=package.name, status=package.status)
        return same.exclude(pk=package.pk).order_by("-id")

    def with_uploads(self) -> PackageQuerySet:
        """`uploads`: the newest files that jobs stored, with their pipelines at hand; a package may hold thousands."""
        stored = _files().filter(pipeline__isnull=False).with_pipelines().order_by("-id")
        return self.prefetch_related(Prefetch("files", stored[:SHOWN_UPLOADS], to_attr="uploads"))

    def with_size(self) -> PackageQuerySet:
        """`size` in bytes, all files together."""
        return self.annotate(size=Sum("files__size", default=0))


class PackageFileQuerySet(QuerySet["PackageFile"]):
    def with_pipelines(self) -> PackageFileQuerySet:
        return self.select_related("pipeline__user", "pipeline__project__group")

    def with_replaced(self) -> PackageFileQuerySet:
        """`replaced`: whether a newer upload of the same name downloads in its place."""
        newer = _files().filter(package=OuterRef("package"), name=OuterRef("name"), pk__gt=OuterRef("pk"))
        return self.annotate(replaced=Exists(newer))


def _files() -> Any:
    return apps.get_model("packages", "PackageFile")._default_manager


def projects_open_to(user: User | None) -> QuerySet[Project]:
    """Projects whose packages the person may read: by visibility where the feature serves everyone, else by role."""
    projects = Project.objects.alive()
    closed = user is None or user.is_external
    levels = [Visibility.PUBLIC] if closed else [Visibility.PUBLIC, Visibility.INTERNAL]
    reads = Q(visibility__in=levels, package_registry_access_level=FeatureLevel.ENABLED)
    if user is not None:
        held = Q(pk__in=projects.where_standing(user, NEEDS[Action.READ_PACKAGES].role).values("pk"))
        reads |= held & ~Q(package_registry_access_level=FeatureLevel.DISABLED)
    return projects.filter(reads)
