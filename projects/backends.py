"""django-guardian's backend, which also knows that a membership can end by itself."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from guardian.backends import ObjectPermissionBackend

from projects.models import Group, Project
from projects.models.effective_role import EFFECTIVE_ROLES


class EffectiveRoleBackend(ObjectPermissionBackend):
    """`user.has_perm("projects.maintain_project", project)`: guardian's answer, unless that row's day has come.

    The sweep that removes ended rows may be late; access must not be.
    """

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        if not super().has_perm(user_obj, perm, obj):
            return False
        if user_obj.is_superuser or not isinstance(obj, Project | Group):
            return True
        rows: Any = EFFECTIVE_ROLES[obj.kind].objects
        codename = perm.rpartition(".")[2]
        return not rows.filter(
            user=user_obj, content_object=obj, permission__codename=codename, until__lte=timezone.now().date()
        ).exists()
