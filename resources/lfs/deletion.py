"""What becomes of LFS objects when their project is deleted."""

from __future__ import annotations

from django.utils.translation import ngettext

from projects.extensions.deletion_effects import Deletion, DeletionEffect
from resources.lfs.models import LfsObject


def objects_of(deleted: Deletion) -> DeletionEffect:
    count = LfsObject.objects.filter(project__in=deleted.projects).count()
    sentence = ngettext("Git LFS object is deleted.", "Git LFS objects are deleted.", count)
    note = ngettext(
        "Clones that have not fetched it yet cannot do so any more.",
        "Clones that have not fetched them yet cannot do so any more.",
        count,
    )
    return DeletionEffect(count, sentence, note)
