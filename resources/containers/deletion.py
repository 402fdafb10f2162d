"""What becomes of container images when their project is deleted."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from projects.extensions.deletion_effects import DeletionEffect
from projects.models import Project
from resources.containers.models import ContainerRepository


def repositories_of(project: Project) -> DeletionEffect:
    count = ContainerRepository.objects.filter(project=project).count()
    sentence = ngettext("container repository is deleted.", "container repositories are deleted.", count)
    return DeletionEffect(count, sentence, _("Nobody can pull its images any more."))


def images_stay(projects: QuerySet[Project]) -> str:
    """Clients name an image by its project's path; a registry renames none."""
    if not ContainerRepository.objects.filter(project__in=projects).exists():
        return ""
    return "There are images in the container registry; delete those first"
