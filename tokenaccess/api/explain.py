"""`/token_access/explain` and `/token_access/preflight`: what a job would be answered, with the steps that lead there.
GitLab has no such thing."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request

from api.operations import operation
from tokenaccess.access.id_or_path import IdOrPath
from tokenaccess.access.in_advance import check_in_advance
from tokenaccess.access.result import Access
from tokenaccess.adapters import denial_id
from tokenaccess.adapters.drf import GatedView, refusal_error
from tokenaccess.api import params as takes
from tokenaccess.api.serializers import ExplanationSerializer, PreflightAnswerSerializer
from tokenaccess.explanation.explain import Explanation, explain_access
from tokenaccess.policy import Action


class Explain(GatedView):
    """Without a job, for maintainers of the source or of the target."""

    actions = {"POST": Action.USE_INSTANCE}

    @operation(takes.Explain, returns=ExplanationSerializer, status=200)
    def post(self, request: Request, params: dict[str, Any]) -> Explanation:
        return explain_access(
            self.current_user,
            source=IdOrPath.parse(params["source"]),
            target=IdOrPath.parse(params["target"]),
            action=Action[params["action"].upper()],
            username=params.get("username", ""),
        )


class Preflight(GatedView):
    """By a running job's token, before it begins. Questions are no uses, and no refusals."""

    actions = {"POST": Action.READ_OWN_JOB}

    @operation(takes.Preflight, returns=PreflightAnswerSerializer(many=True), status=200)
    def post(self, request: Request, params: dict[str, Any]) -> list[dict[str, Any]]:
        asked = params["requests"]
        wanted = [(IdOrPath.parse(one["project"]), Action[one["action"].upper()]) for one in asked]
        caller = self.access.job
        assert caller is not None  # the action is for jobs only
        answers = check_in_advance(caller, wanted)
        return [{**one, **describe_answer(access)} for one, access in zip(asked, answers, strict=True)]


def describe_answer(access: Access) -> dict[str, Any]:
    """In the words that the request itself would get."""
    allowed, trial = access.decision.allowed, access.decision.trial
    refused = None if allowed else refusal_error(access)
    return {
        "allowed": allowed,
        "status": None if refused is None else refused.status_code,
        "message": None if refused is None else refused.body["message"],
        "trial": None if trial is None else trial.sentence,
        "access_reason": None if allowed else denial_id.encode(access),
    }
