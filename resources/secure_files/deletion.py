"""What becomes of secure files when their project is deleted."""

from __future__ import annotations

from django.utils.translation import ngettext

from projects.extensions.deletion_effects import Deletion, DeletionEffect
from resources.secure_files.models import SecureFile


def secure_files_of(deleted: Deletion) -> DeletionEffect:
    count = SecureFile.objects.filter(project__in=deleted.projects).count()
    sentence = ngettext("secure file is deleted.", "secure files are deleted.", count)
    return DeletionEffect(count, sentence, ngettext("No copy of it is kept.", "No copy of them is kept.", count))
