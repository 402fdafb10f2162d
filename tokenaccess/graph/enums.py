"""The enums of job-token.md §4: Direction and Permission under GitLab's names, and our InboundMode. Import them
from here."""

from __future__ import annotations

import strawberry

from tokenaccess.models import Direction
from tokenaccess.policy.levels import InboundMode
from tokenaccess.policy.permissions import Permission

strawberry.enum(Direction, name="CiJobTokenScopeDirection")
strawberry.enum(Permission, name="CiJobTokenScopePolicies")
strawberry.enum(InboundMode, name="CiJobTokenInboundMode")

__all__ = ["Direction", "InboundMode", "Permission"]
