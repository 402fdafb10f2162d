"""What becomes of allowlist entries when the project they name is deleted."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from projects.extensions.deletion_effects import DeletionEffect
from projects.models import Project
from tokenaccess.models import AllowlistEntry


def entries_effect(project: Project) -> DeletionEffect:
    count = AllowlistEntry.objects.filter(target_project=project).values("project").distinct().count()
    return DeletionEffect(
        count, ngettext("allowlist contains it.", "allowlists contain it.", count), _("The entry is removed.")
    )
