"""`/projects/:id/job_token_scope`: both limits as they take effect; the inbound one can be changed.

job-token.md §3.
"""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request

from api.operations import operation
from api.rest import not_found
from tokenaccess.access.sql.limits import fetch_limits
from tokenaccess.adapters.drf import GatedView
from tokenaccess.allowlist import services
from tokenaccess.api.params import JobTokenScopeChanges
from tokenaccess.api.serializers import JobTokenScopeSerializer
from tokenaccess.policy import Action


class JobTokenScope(GatedView):
    actions = {"GET": Action.READ_TOKEN_ACCESS, "PATCH": Action.MANAGE_TOKEN_ACCESS}

    @operation(returns=JobTokenScopeSerializer)
    def get(self, request: Request, project: str) -> dict[str, bool]:
        assert self.access.facts.target is not None
        limits = fetch_limits(self.access.facts.target.id)
        if limits is None:
            raise not_found("Project")  # it was deleted since
        return {"inbound_enabled": limits.inbound, "outbound_enabled": limits.outbound}

    @operation(JobTokenScopeChanges, status=204)
    def patch(self, request: Request, project: str, params: dict[str, Any]) -> None:
        services.limit_access(self.access.project, by=self.current_user, inbound=params["enabled"])
