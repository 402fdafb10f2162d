"""Questions asked of packages. Who may read them is decided as `tokenaccess.policy` decides it for one project; a test
holds the two together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet, Sum

from projects.models import Project
from projects.querysets import filter_only_visible
from tokenaccess.policy import Action

if TYPE_CHECKING:
    from identity.models import User
    from resources.packages.models import Package, PackageFile, PackageSettings  # noqa: F401

MAX_UPLOADS = 20


class PackageQuerySet(QuerySet["Package"]):
    def listed(self) -> PackageQuerySet:
        """Those a list shows unless it is asked for others."""
        return self.versioned().filter(status="default")

    def versioned(self) -> PackageQuerySet:
        """Without what is about all versions of a name."""
        return self.exclude(version="")

    def readable_by(self, user: User | None, extra: Q | None = None) -> PackageQuerySet:
        """In projects where `user` (None: a visitor) may read packages. `that` is asked of those and of nothing else,
        as by `projects.querysets.NamespacedQuerySet.visible_to`."""
        readable = Q(project__in=Project.objects.alive().with_readable(Action.READ_PACKAGES, user))
        return self.filter(filter_only_visible(readable, extra) if extra else readable)

    def other_versions_of(self, package: Package) -> PackageQuerySet:
        same = self.filter(project=package.project_id, kind=package.kind, name=package.name, status=package.status)
        return same.versioned().exclude(pk=package.pk).order_by("-id")

    def with_uploads(self) -> PackageQuerySet:
        """`uploads`: the newest files that jobs stored, with their pipelines at hand; a package may hold thousands."""
        stored = _files().filter(pipeline__isnull=False).with_pipelines().order_by("-id")
        return self.prefetch_related(Prefetch("files", stored[:MAX_UPLOADS], to_attr="uploads"))

    def with_totals(self) -> PackageQuerySet:
        """`size` in bytes and `downloads`, all files together."""
        return self.annotate(
            size=Sum("files__size", default=0), downloads=Sum("files__download_count__count", default=0)
        )


class PackageFileQuerySet(QuerySet["PackageFile"]):
    def with_pipelines(self) -> PackageFileQuerySet:
        return self.select_related("pipeline__user", "pipeline__project__group", "job")

    def with_replaced(self) -> PackageFileQuerySet:
        """`replaced`: whether a newer upload of the same name downloads in its place."""
        newer = _files().filter(package=OuterRef("package"), name=OuterRef("name"), pk__gt=OuterRef("pk"))
        return self.annotate(replaced=Exists(newer))

    def blob_ids(self) -> set[str]:
        """Of all that is stored of them."""
        return {sha256 for row in self.values_list("blob", "pypi__metadata") for sha256 in row if sha256}


class PackageSettingsQuerySet(QuerySet["PackageSettings"]):
    def of_project(self, project: Project) -> PackageSettings | None:
        """Those of the nearest group above it that has some; None for the defaults. One statement."""
        above = self.filter(group__descendant_links__group_id=project.group_id)
        return above.order_by("group__descendant_links__distance").first()


def _files() -> Any:
    return apps.get_model("packages", "PackageFile")._default_manager
