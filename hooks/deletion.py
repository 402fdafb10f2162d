"""What becomes of webhooks when their project or group is deleted."""

from __future__ import annotations

from django.db.models import Q
from django.utils.translation import ngettext

from hooks.models import Hook
from projects.extensions.deletion_effects import Deletion, DeletionEffect


def hooks_of(deleted: Deletion) -> DeletionEffect:
    count = Hook.objects.filter(Q(project__in=deleted.projects) | Q(group__in=deleted.groups)).count()
    return DeletionEffect(count, ngettext("webhook is deleted.", "webhooks are deleted.", count))
