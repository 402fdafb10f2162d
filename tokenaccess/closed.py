"""REST framework's default permission: shut. Apart from `tokenaccess.drf`, because REST framework imports it by name
while its own views are still being imported."""

from __future__ import annotations

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from tokenaccess.gate import Access


class PassedTheGate(BasePermission):
    """Closed unless the gate let this very request through: a view that does not ask is shut."""

    def has_permission(self, request: Request, view: Any) -> bool:
        access = getattr(request._request, "access", None)
        return isinstance(access, Access) and access.decision.allowed
