"""Lets people with a role in the administration in, as far as the policy says."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import BaseBackend

from tokenaccess.policy.staff import staff_may


class StaffRoleBackend(BaseBackend):
    """Answers what Django's administration asks: may this person `view` (`add`, `change`, `delete`) rows of a model?"""

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        app, _dot, codename = perm.partition(".")
        verb, _line, model = codename.partition("_")
        return bool(user_obj.is_active) and staff_may(user_obj.staff_role, verb, f"{app}.{model}")

    def has_module_perms(self, user_obj: Any, app_label: str) -> bool:
        return bool(user_obj.is_active) and staff_may(user_obj.staff_role, "view", app_label)
