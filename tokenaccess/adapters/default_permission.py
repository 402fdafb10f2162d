"""REST framework's default permission: no access without a check. A module of its own, because REST framework imports
it by name while its own views are still being imported."""

from __future__ import annotations

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request


class AccessWasChecked(BasePermission):
    """Refuse unless the gate has allowed this request, so that a view that does not ask is closed."""

    def has_permission(self, request: Request, view: Any) -> bool:
        access = getattr(request._request, "access", None)
        return access is not None and access.decision.reason is None
