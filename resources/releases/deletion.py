"""What becomes of releases when their project is deleted."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from projects.extensions.deletion_effects import DeletionEffect
from projects.models import Project
from resources.releases.models import Release


def releases_of(project: Project) -> DeletionEffect:
    count = Release.objects.filter(project=project).count()
    note = _("The links to what they offer lead nowhere.")
    return DeletionEffect(count, ngettext("release is deleted.", "releases are deleted.", count), note)
