"""What becomes of container images when their project is deleted."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils.translation import ngettext

from projects.extensions.deletion_effects import Deletion, DeletionEffect
from projects.extensions.fixed_paths import FixedPath
from projects.models import Project
from resources.containers.models import ContainerRepository


def repositories_of(deleted: Deletion) -> DeletionEffect:
    count = ContainerRepository.objects.filter(project__in=deleted.projects).count()
    sentence = ngettext("container repository is deleted.", "container repositories are deleted.", count)
    note = ngettext("Nobody can pull its images any more.", "Nobody can pull their images any more.", count)
    return DeletionEffect(count, sentence, note)


def projects_with_images(projects: QuerySet[Project]) -> QuerySet[Project]:
    """Clients name an image by its project's path; a registry renames none."""
    return projects.filter(pk__in=ContainerRepository.objects.filter(project__in=projects).values("project"))


IMAGES_STAY = FixedPath(projects_with_images, "There are images in the container registry; delete those first")
