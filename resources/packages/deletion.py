"""What becomes of packages when their project is deleted."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from projects.extensions.deletion_effects import Deletion, DeletionEffect
from resources.packages.models import Package


def packages_of(deleted: Deletion) -> DeletionEffect:
    count = Package.objects.filter(project__in=deleted.projects).count()
    note = _("Jobs that download it get “404 Not Found”.")
    return DeletionEffect(count, ngettext("package is deleted.", "packages are deleted.", count), note)
