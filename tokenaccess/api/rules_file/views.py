"""`/token_access/projects/:id/rules`: the rules of a project as a YAML file. GitLab has no such thing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.http import JsonResponse
from rest_framework.request import Request

from api.input.fields import Text
from api.input.parameters import OwnParameters
from api.operations import operation
from api.rest import ApiError, not_found
from tokenaccess.adapters.drf import GatedView
from tokenaccess.api.holder_view import HolderView
from tokenaccess.api.rules_file.json_schema import JsonSchemaSerializer
from tokenaccess.api.rules_file.serializers import (
    RulesErrorSerializer,
    RulesExportSerializer,
    RulesPlanSerializer,
    RulesSerializer,
)
from tokenaccess.policy import Action
from tokenaccess.rules_file.apply import apply_document, try_plan
from tokenaccess.rules_file.document import RulesDocument, document_to_data
from tokenaccess.rules_file.errors import RulesFileError, StalePlanError
from tokenaccess.rules_file.export import export_document, export_onto
from tokenaccess.rules_file.managed import Managed, read_managed, stop_managing
from tokenaccess.rules_file.plan import Plan
from tokenaccess.rules_file.reader import read_document
from tokenaccess.rules_file.schema import json_schema
from tokenaccess.rules_file.state import read_state
from tokenaccess.rules_file.yaml_nodes import MAX_BYTES

FILE_ERRORS = {422: RulesErrorSerializer}
STALE = "409 Conflict - The rules have changed since the plan was made. Plan again."


class RulesContent(OwnParameters):
    """`content`: the file, as YAML."""

    content = Text(required=True, max_length=MAX_BYTES)


class RulesApplication(RulesContent):
    """`hash`: of the plan that is agreed to."""

    hash = Text(required=True, max_length=64)


@dataclass(frozen=True, slots=True)
class RulesReport:
    """See RulesSerializer."""

    content: str
    rules: dict[str, Any]
    hidden: int
    managed: Managed | None


@contextmanager
def file_errors() -> Iterator[None]:
    """What is wrong with a file is 422, with the line."""
    try:
        yield
    except RulesFileError as error:
        raise ApiError(422, {"message": str(error), "line": error.line or None}) from error
    except StalePlanError as error:
        raise ApiError(409, STALE) from error


def read_content(params: dict[str, Any]) -> RulesDocument:
    with file_errors():
        return read_document(params["content"])


class _Rules(HolderView):
    """What there is now, as a file; whether a file manages it, and what has been changed past that since."""

    @operation(returns=RulesSerializer)
    def get(self, request: Request, **_holder: str) -> RulesReport:
        state = read_state(self.holder, self.current_user)
        managed = read_managed(self.holder, self.current_user)
        data = document_to_data(state.document)
        return RulesReport(export_document(state.document), data, len(state.hidden), managed)

    @operation()
    def delete(self, request: Request, **_holder: str) -> None:
        """The rules stay; no file manages them any more."""
        found = stop_managing(self.holder, by=self.current_user)
        if not found:
            raise not_found("Rules file")


class _RulesPlan(HolderView):
    """What applying the file would change. Changes nothing."""

    @operation(RulesContent, returns=RulesPlanSerializer, status=200, others=FILE_ERRORS)
    def post(self, request: Request, params: dict[str, Any], **_holder: str) -> Plan:
        document = read_content(params)
        with file_errors():
            return try_plan(self.holder, document, by=self.current_user)


class _RulesApply(HolderView):
    """All of the plan or nothing; 409 if it is another one by now."""

    @operation(RulesApplication, returns=RulesPlanSerializer, status=200, others=FILE_ERRORS)
    def post(self, request: Request, params: dict[str, Any], **_holder: str) -> Plan:
        document = read_content(params)
        with file_errors():
            return apply_document(self.holder, document, by=self.current_user, plan_hash=params["hash"])


class _RulesExport(HolderView):
    """The file brought up to date with what there is, its comments kept."""

    @operation(RulesContent, returns=RulesExportSerializer, status=200, others=FILE_ERRORS)
    def post(self, request: Request, params: dict[str, Any], **_holder: str) -> dict[str, str]:
        state = read_state(self.holder, self.current_user)
        with file_errors():
            return {"content": export_onto(params["content"], state.document)}


class Rules(_Rules):
    actions = {"GET": Action.READ_TOKEN_ACCESS, "DELETE": Action.MANAGE_TOKEN_ACCESS}


class RulesPlan(_RulesPlan):
    actions = {"POST": Action.MANAGE_TOKEN_ACCESS}


class RulesApply(_RulesApply):
    actions = {"POST": Action.MANAGE_TOKEN_ACCESS}


class RulesExport(_RulesExport):
    actions = {"POST": Action.READ_TOKEN_ACCESS}


class GroupRules(_Rules):
    actions = {"GET": Action.READ_GROUP_TOKEN_ACCESS, "DELETE": Action.MANAGE_GROUP_TOKEN_ACCESS}


class GroupRulesPlan(_RulesPlan):
    actions = {"POST": Action.MANAGE_GROUP_TOKEN_ACCESS}


class GroupRulesApply(_RulesApply):
    actions = {"POST": Action.MANAGE_GROUP_TOKEN_ACCESS}


class GroupRulesExport(_RulesExport):
    actions = {"POST": Action.READ_GROUP_TOKEN_ACCESS}


class RulesSchema(GatedView):
    """The JSON Schema of rules files."""

    actions = {"GET": Action.USE_INSTANCE}

    @operation(returns=JsonSchemaSerializer, media_type="application/schema+json")
    def get(self, request: Request) -> JsonResponse:
        return JsonResponse(json_schema(), content_type="application/schema+json")
