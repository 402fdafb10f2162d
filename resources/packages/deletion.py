"""What becomes of packages when their project is deleted."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from projects.extensions.deletion_effects import DeletionEffect
from projects.models import Project
from resources.packages.models import Package


def packages_of(project: Project) -> DeletionEffect:
    count = Package.objects.filter(project=project).count()
    note = _("Jobs that download it get “404 Not Found”.")
    return DeletionEffect(count, ngettext("package is deleted.", "packages are deleted.", count), note)
