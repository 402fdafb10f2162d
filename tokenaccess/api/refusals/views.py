"""`/token_access/projects/:id/refusals` and `/token_access/reasons/:id`: what was refused to jobs, and why. GitLab has
no such thing."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from api.operations import operation
from api.rest import not_found
from tokenaccess.adapters import denial_id
from tokenaccess.adapters.drf import GatedView
from tokenaccess.api.refusals.params import RefusalFilters
from tokenaccess.api.refusals.serializers import DenialSerializer, JobRefusalSerializer
from tokenaccess.explanation.denials import Denial, find_denial
from tokenaccess.explanation.refusal_rows import refusals_elsewhere, refusals_here, rows_elsewhere, rows_here
from tokenaccess.policy import Action


class Refusals(GatedView):
    """Of the last 30 days, the latest first. The targets elsewhere that the caller may not see are one row per job and
    action, hidden and absent alike."""

    actions = {"GET": Action.READ_TOKEN_ACCESS}

    @operation(RefusalFilters, returns=JobRefusalSerializer, many=True)
    def get(self, request: Request, project: str, params: dict[str, Any]) -> Response:
        target, user, pages = self.access.project, self.current_user, self.pagination_class()
        if params["where"] == "elsewhere":
            rows = rows_elsewhere(target, pages.paginate_queryset(refusals_elsewhere(target, user), request), user)
        else:
            rows = rows_here(target, pages.paginate_queryset(refusals_here(target), request), user)
        return pages.get_paginated_response(JobRefusalSerializer(context={"request": request}).render_all(rows))


class AccessReason(GatedView):
    """What X-Access-Reason stands for. For maintainers of the job's project or of the target; anyone else is answered
    as for one that never was."""

    actions = {"GET": Action.USE_INSTANCE}

    @operation(returns=DenialSerializer)
    def get(self, request: Request, reason: str) -> Denial:
        details = denial_id.decode(reason)
        found = None if details is None else find_denial(self.current_user, **details.question)
        if found is None:
            raise not_found("Access Reason")
        return found
