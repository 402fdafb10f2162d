"""What becomes of webhooks when their project is deleted."""

from __future__ import annotations

from django.utils.translation import ngettext

from hooks.models import Hook
from projects.extensions.deletion_effects import DeletionEffect
from projects.models import Project


def hooks_of(project: Project) -> DeletionEffect:
    count = Hook.objects.filter(project=project).count()
    return DeletionEffect(count, ngettext("webhook is deleted.", "webhooks are deleted.", count))
