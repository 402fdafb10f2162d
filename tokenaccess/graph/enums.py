"""The enums of job-token.md §4.2: the catalogue's own, under the original's names. Import them from here, named."""

from __future__ import annotations

import strawberry

from tokenaccess.models import Direction
from tokenaccess.policy.permissions import Permission

strawberry.enum(Direction, name="CiJobTokenScopeDirection")
strawberry.enum(Permission, name="CiJobTokenScopePolicies")

__all__ = ["Direction", "Permission"]
