"""What deleting a project does to its pipelines, for the page that asks for confirmation."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from jobs.models import Pipeline
from projects.extensions.deletion_effects import DeletionEffect
from projects.models import Project


def pipelines_of(project: Project) -> DeletionEffect:
    count = Pipeline.objects.filter(project=project).count()
    return DeletionEffect(
        count, ngettext("pipeline is deleted.", "pipelines are deleted.", count), _("Its jobs and logs too.")
    )
