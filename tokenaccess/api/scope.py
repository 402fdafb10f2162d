"""`/projects/:id/job_token_scope`: both limits as they take effect; the inbound one can be changed.

job-token.md §3.
"""

from __future__ import annotations

from rest_framework.request import Request
from rest_framework.response import Response

from config.params import Params
from config.rest import no_content
from tokenaccess import services
from tokenaccess.api.refusals import in_rest
from tokenaccess.drf import GatedView
from tokenaccess.load import settings_of
from tokenaccess.models import InstanceSettings
from tokenaccess.policy import Action


class JobTokenScope(GatedView):
    """GET → `{"inbound_enabled": true, "outbound_enabled": false}`; PATCH `enabled` → 204."""

    actions = {"GET": Action.READ_TOKEN_ACCESS, "PATCH": Action.MANAGE_TOKEN_ACCESS}

    def get(self, request: Request, project: str) -> Response:
        settings = settings_of(self.access.project)
        inbound = settings.limits_inbound or InstanceSettings.current().enforce_inbound
        return Response({"inbound_enabled": inbound, "outbound_enabled": settings.limits_outbound})

    def patch(self, request: Request, project: str) -> Response:
        enabled = Params(request.data, request.query_params).boolean("enabled", required=True)
        with in_rest("Project"):
            services.limit_access(self.access.project, by=self.person, inbound=enabled)
        return no_content()
