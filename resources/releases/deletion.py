"""What becomes of releases when their project is deleted."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from projects.extensions.deletion_effects import Deletion, DeletionEffect
from resources.releases.models import Release


def releases_of(deleted: Deletion) -> DeletionEffect:
    count = Release.objects.filter(project__in=deleted.projects).count()
    note = _("The links to what they offer lead nowhere.")
    return DeletionEffect(count, ngettext("release is deleted.", "releases are deleted.", count), note)
