"""What becomes of Terraform states when their project is deleted."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from projects.extensions.deletion_effects import Deletion, DeletionEffect
from resources.terraform_states.models import TerraformState


def states_of(deleted: Deletion) -> DeletionEffect:
    count = TerraformState.objects.filter(project__in=deleted.projects).count()
    sentence = ngettext("Terraform state is deleted.", "Terraform states are deleted.", count)
    return DeletionEffect(count, sentence, _("Terraform no longer knows what it created."))
