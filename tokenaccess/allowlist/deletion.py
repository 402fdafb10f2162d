"""What becomes of allowlist entries when the project or group they name is deleted."""

from __future__ import annotations

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from projects.extensions.deletion_effects import Deletion, DeletionEffect
from tokenaccess.models import AllowlistEntry


def entries_effect(deleted: Deletion) -> DeletionEffect:
    """Lists of projects outside of what is deleted."""
    named = Q(target_project__in=deleted.projects) | Q(target_group__in=deleted.groups)
    outside = AllowlistEntry.objects.filter(named).exclude(project__in=deleted.projects)
    count = outside.values("project").distinct().count()
    sentence = ngettext("allowlist names what is deleted.", "allowlists name what is deleted.", count)
    return DeletionEffect(count, sentence, _("Those entries are removed."))
