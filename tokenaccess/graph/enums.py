"""The enums of job-token.md §4.2: Direction and Permission under GitLab's names. Import them from here."""

from __future__ import annotations

import strawberry

from tokenaccess.models import Direction
from tokenaccess.policy.permissions import Permission

strawberry.enum(Direction, name="CiJobTokenScopeDirection")
strawberry.enum(Permission, name="CiJobTokenScopePolicies")

__all__ = ["Direction", "Permission"]
