"""What becomes of packages when their project is deleted."""

from __future__ import annotations

from django.utils.translation import ngettext

from projects.extensions.deletion_effects import Deletion, DeletionEffect
from resources.packages.models import Package


def packages_of(deleted: Deletion) -> DeletionEffect:
    count = Package.objects.filter(project__in=deleted.projects).count()
    note = ngettext("Jobs that download it get “404 Not Found”.", "Jobs that download them get “404 Not Found”.", count)
    return DeletionEffect(count, ngettext("package is deleted.", "packages are deleted.", count), note)
