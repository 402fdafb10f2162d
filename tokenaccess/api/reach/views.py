"""`/token_access/projects/:id/reach` and `blast_radius`: whom a project admits, who admits it, and how far that leads.
GitLab has no such thing."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from rest_framework.request import Request
from rest_framework.response import Response

from api.operations import operation
from tokenaccess.adapters.drf import GatedView
from tokenaccess.api.reach.params import BlastRadiusChoice, ReachFilters, WidestFilters
from tokenaccess.api.reach.serializers import BlastRadiusSerializer, ReachRowSerializer, WideProjectSerializer
from tokenaccess.policy import Action
from tokenaccess.reach.blast_radius import blast_radius
from tokenaccess.reach.blast_report import BlastReport, report_blast_radius
from tokenaccess.reach.directions import Reach, ReachDirection
from tokenaccess.reach.widest_access import find_widest

HIDDEN = "X-Hidden-Total"


class ProjectReach(GatedView):
    """The header X-Hidden-Total counts those that the caller may not see; with `search` there is none."""

    actions = {"GET": Action.READ_TOKEN_ACCESS}

    @operation(ReachFilters, returns=ReachRowSerializer, many=True)
    def get(self, request: Request, project: str, params: dict[str, Any]) -> Response:
        words = params.get("search", "")
        matching = Q(name__icontains=words) | Q(full_path__icontains=words) if words else None
        found = Reach(self.access.project, self.current_user, ReachDirection(params["direction"]), matching)
        pages = self.pagination_class()
        page = pages.paginate_queryset(found.projects(params["order_by"], descending=params["sort"] == "desc"), request)
        rows = ReachRowSerializer(context={"request": request, "view": self}).render_all(found.rows(page))
        answer = pages.get_paginated_response(rows)
        if not words:
            answer[HIDDEN] = str(found.count_hidden())
        return answer


class ProjectBlastRadius(GatedView):
    """If the project is taken over today, what its jobs may read or change elsewhere, within so many steps."""

    actions = {"GET": Action.READ_TOKEN_ACCESS}

    @operation(BlastRadiusChoice, returns=BlastRadiusSerializer)
    def get(self, request: Request, project: str, params: dict[str, Any]) -> BlastReport:
        person = self.current_user if params["person"] == "me" else None
        found = blast_radius(self.access.project, person=person, depth=params["depth"])
        return report_blast_radius(found, self.current_user)


class WidestAccess(GatedView):
    """For administrators: the projects without an enforced limit, then those that admit the most others."""

    actions = {"GET": Action.INSPECT}

    @operation(WidestFilters, returns=WideProjectSerializer, many=True)
    def get(self, request: Request, params: dict[str, Any]) -> Response:
        pages = self.pagination_class()
        pages.read(request)
        found = find_widest(pages.start, pages.per_page, params.get("mode", ""))
        pages.total = found.total
        return pages.get_paginated_response(WideProjectSerializer(context={"request": request}).render_all(found.rows))
