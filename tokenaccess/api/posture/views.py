"""`/token_access/{instance,groups/:id,projects/:id}/posture`: findings, what is accepted of them, and exports. GitLab
has no such thing."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request

from api.operations import operation
from api.rest import not_found
from projects.models import Group, Project
from tokenaccess.adapters.drf import GatedView
from tokenaccess.adapters.plain import json_response
from tokenaccess.api.posture.params import FindingKey, NewAcceptance, PostureExport, PostureFilters
from tokenaccess.api.posture.sarif import SarifSerializer
from tokenaccess.api.posture.serializers import AcceptanceSerializer, FindingSerializer
from tokenaccess.models import AcceptedFinding
from tokenaccess.policy import Action
from tokenaccess.posture.acceptances import accept, mend, withdraw
from tokenaccess.posture.exports import to_csv, to_sarif
from tokenaccess.posture.report import Report, find
from tokenaccess.posture.scope import Scope

_INSTANCE = {"GET": Action.INSPECT, "POST": Action.ADMINISTER, "DELETE": Action.ADMINISTER}
_GROUP = dict.fromkeys(("GET", "POST", "DELETE"), Action.ADMIN_GROUP)
_PROJECT = {
    "GET": Action.READ_TOKEN_ACCESS, "POST": Action.MANAGE_TOKEN_ACCESS, "DELETE": Action.MANAGE_TOKEN_ACCESS
}  # fmt: skip


class _PostureView(GatedView):
    missing = "Finding"

    @property
    def scope(self) -> Scope:
        target: Project | Group | None = self.access.target
        return Scope(target)

    def find(self, params: dict[str, Any]) -> tuple[Any, Any]:
        found = find(self.scope, params["check"], params["subject_id"])
        if found is None:
            raise not_found("Finding")
        return found


class _Posture(_PostureView):
    @operation(PostureFilters, returns=FindingSerializer, many=True)
    def get(self, request: Request, params: dict[str, Any], **_owner: str) -> Report:
        return Report(self.scope, self.current_user, PostureFilters.filters(params))


class _Export(_PostureView):
    """All of them in one file."""

    @operation(PostureExport, returns=SarifSerializer, media_type="application/sarif+json")
    def get(self, request: Request, params: dict[str, Any], **_owner: str) -> HttpResponse:
        findings = Report(self.scope, self.current_user, PostureFilters.filters(params)).all()
        if params["format"] == "csv":
            return HttpResponse(to_csv(findings), content_type="text/csv; charset=utf-8")
        response = json_response(to_sarif(findings), 200)
        response["Content-Type"] = "application/sarif+json"
        return response


class _Acceptances(_PostureView):
    """Accept a finding until a day, with a reason; DELETE: no longer."""

    @operation(NewAcceptance, returns=AcceptanceSerializer)
    def post(self, request: Request, params: dict[str, Any], **_owner: str) -> AcceptedFinding:
        check, row = self.find(params)
        return accept(check, row, reason=params["reason"], until=params["until"], by=self.current_user)

    @operation(FindingKey)
    def delete(self, request: Request, params: dict[str, Any], **_owner: str) -> None:
        check, row = self.find(params)
        if not withdraw(check, row, by=self.current_user):
            raise not_found("Acceptance")


class _Fixes(_PostureView):
    """The one change that mends a finding."""

    @operation(FindingKey, status=204)
    def post(self, request: Request, params: dict[str, Any], **_owner: str) -> None:
        check, row = self.find(params)
        mend(check, row, by=self.current_user, scope=self.scope)


class InstancePosture(_Posture):
    actions = {"GET": _INSTANCE["GET"]}


class GroupPosture(_Posture):
    actions = {"GET": _GROUP["GET"]}


class ProjectPosture(_Posture):
    actions = {"GET": _PROJECT["GET"]}


class InstancePostureExport(_Export):
    actions = {"GET": _INSTANCE["GET"]}


class GroupPostureExport(_Export):
    actions = {"GET": _GROUP["GET"]}


class ProjectPostureExport(_Export):
    actions = {"GET": _PROJECT["GET"]}


class InstanceAcceptances(_Acceptances):
    actions = {"POST": _INSTANCE["POST"], "DELETE": _INSTANCE["DELETE"]}


class GroupAcceptances(_Acceptances):
    actions = {"POST": _GROUP["POST"], "DELETE": _GROUP["DELETE"]}


class ProjectAcceptances(_Acceptances):
    actions = {"POST": _PROJECT["POST"], "DELETE": _PROJECT["DELETE"]}


class InstanceFixes(_Fixes):
    actions = {"POST": _INSTANCE["POST"]}


class GroupFixes(_Fixes):
    actions = {"POST": _GROUP["POST"]}


class ProjectFixes(_Fixes):
    actions = {"POST": _PROJECT["POST"]}
