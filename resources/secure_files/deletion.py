"""What becomes of secure files when their project is deleted."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from projects.extensions.deletion_effects import DeletionEffect
from projects.models import Project
from resources.secure_files.models import SecureFile


def secure_files_of(project: Project) -> DeletionEffect:
    count = SecureFile.objects.filter(project=project).count()
    sentence = ngettext("secure file is deleted.", "secure files are deleted.", count)
    return DeletionEffect(count, sentence, _("No copy of them is kept."))
