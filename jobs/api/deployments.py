"""Deployments by REST, to look at: jobs make them."""

from __future__ import annotations

from typing import Any

from django.db.models.functions import Coalesce
from rest_framework.request import Request
from rest_framework.response import Response

from config.paging import paged
from config.params import Params
from config.rest import not_found
from jobs.api import environment_shapes as shapes
from jobs.environment_querysets import DeploymentQuerySet
from jobs.models import Deployment
from jobs.models.deployment import STATUSES, states_of
from tokenaccess.drf import GatedView
from tokenaccess.load import settings_of
from tokenaccess.policy import Action

_ORDERS = {
    "id": "id",
    "iid": "iid",
    "created_at": "created_at",
    "updated_at": "last_moved_at",
    "finished_at": "finished_at",
    "ref": "job__pipeline__ref",
}


class DeploymentView(GatedView):
    def rows(self) -> DeploymentQuerySet:
        rows = Deployment.objects.filter(project=self.access.project).for_display()
        return rows.annotate(last_moved_at=Coalesce("finished_at", "job__started_at", "created_at"))

    def shown(self, one: Deployment, limited: bool) -> dict[str, Any]:
        return shapes.deployment(one, self.access.project, limited=limited)

    @property
    def limited(self) -> bool:
        return settings_of(self.access.project).limits_outbound


class DeploymentList(DeploymentView):
    """`environment`, `status`, `updated_after`, `updated_before`, `finished_after`, `finished_before`, `order_by`,
    `sort`."""

    actions = {"GET": Action.READ_DEPLOYMENTS}

    def get(self, request: Request, project: str) -> Response:
        params = Params.of(request)
        order = _ORDERS[params.choice("order_by", _ORDERS.keys()) or "id"]
        sign = "-" if params.choice("sort", ["asc", "desc"]) == "desc" else ""
        rows, limited = _chosen(self.rows(), params).order_by(f"{sign}{order}", f"{sign}id"), self.limited
        return paged(request, rows, lambda one: self.shown(one, limited))


def _chosen(rows: DeploymentQuerySet, params: Params) -> DeploymentQuerySet:
    if name := params.text("environment"):
        rows = rows.filter(environment__name=name)
    if status := params.choice("status", STATUSES):
        rows = rows.filter(job__status__in=states_of(status))
    for name, field in (("updated", "last_moved_at"), ("finished", "finished_at")):
        if after := params.moment(f"{name}_after"):
            rows = rows.filter(**{f"{field}__gt": after})
        if before := params.moment(f"{name}_before"):
            rows = rows.filter(**{f"{field}__lt": before})
    return rows


class OneDeployment(DeploymentView):
    actions = {"GET": Action.READ_DEPLOYMENTS}

    def get(self, request: Request, project: str, deployment: int) -> Response:
        found = self.rows().filter(pk=deployment).first()
        if found is None:
            raise not_found()
        return Response(self.shown(found, self.limited))
