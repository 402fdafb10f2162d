"""Starting a pipeline with nothing but a token: a trigger's, or a running job's (job-token.md §1.6, runner.md §8.1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import orjson
from django.http import HttpRequest, HttpResponse

from api.operations import Operation, describe
from api.rest import ApiError, not_found
from api.secret_parameters import SECRET
from audit.client_address import client_address
from identity.credentials.lookup import find_token
from identity.credentials.table import TABLE, CredentialKind
from identity.credentials.usage import record_use
from identity.models import User
from jobs.api.params.pipelines import TriggerParams
from jobs.api.pipelines import pipeline_refusal
from jobs.api.serializers.pipelines import PipelineSerializer
from jobs.models import TriggerToken
from jobs.models.pipeline import Source
from jobs.pipelines.chains import check_chain_length
from jobs.pipelines.plan import PipelineRefused, PipelineRequest
from jobs.pipelines.protected_refs import ProtectedRefRefused
from jobs.pipelines.services import create_pipeline
from jobs.runner_api.auth import OwnCredentialView
from projects.models import Project
from tokenaccess.access.gate import check_job_token, deny_unknown, narrow_to_ref, user_is_allowed
from tokenaccess.access.id_or_path import IdOrPath
from tokenaccess.access.request_state import record_access
from tokenaccess.access.result import Access
from tokenaccess.adapters.drf import refusal_error, with_denial_id
from tokenaccess.adapters.plain import json_response
from tokenaccess.policy import Action, Refusal
from tokenaccess.policy.levels import FeatureLevel

DISABLED = "Pipelines are disabled!"
NO_PERMISSION = "Insufficient permissions to create a new pipeline"


@dataclass(frozen=True)
class Starter:
    """Who starts it, and by what: `job_id` is the job whose token it was, 0 for a trigger; `short` tells a
    trigger's token from others."""

    project: Project
    user: User
    job_id: int = 0
    short: str = ""


class TriggerPipeline(OwnCredentialView):
    own_credential = "a trigger's token, or a job's through the gate"
    # What the gate is asked when the token is a job's.
    job_actions: ClassVar[dict[str, Action]] = {"POST": Action.TRIGGER_PIPELINE}
    starter: Starter
    access: Access | None = None  # of a job's token
    values: dict[str, Any]

    def identify(self, request: HttpRequest, **kwargs: Any) -> HttpResponse | None:
        if "Pipeline Hook" in request.headers.get("X-Gitlab-Event", ""):
            raise ApiError(403, "403 Forbidden")  # a hook that starts what calls the hook
        ref_in_path = {"ref": kwargs["ref"]} if "ref" in kwargs else {}
        self.values = TriggerParams.read_values({**self.params, **ref_in_path})
        token, id_or_path = self.values["token"], IdOrPath.parse(kwargs["project"])
        if TABLE.by_kind[CredentialKind.JOB].could_be(token):
            self.access = check_job_token(token, Action.TRIGGER_PIPELINE, id_or_path)
            record_access(request, self.access)
        try:
            self.starter = _job_starter(self.access) if self.access else _trigger_starter(token, id_or_path)
        except ApiError as error:
            raise self._refusal(error) from error
        return None

    def _refusal(self, error: ApiError) -> ApiError:
        return with_denial_id(error, self.access or deny_unknown(Action.TRIGGER_PIPELINE))

    @describe(Operation(TriggerParams, PipelineSerializer, status=201))
    def post(self, request: HttpRequest, project: str, ref: str = "") -> HttpResponse:
        starter = self.starter
        try:
            if starter.job_id:
                check_chain_length(starter.job_id)
            made = create_pipeline(
                PipelineRequest(
                    project=starter.project,
                    ref=self.values["ref"],
                    user=starter.user,
                    source=Source.PIPELINE if starter.job_id else Source.TRIGGER,
                    variables=[
                        *(self.values.get("variables") or []),
                        *self._short_token_variable(),
                        self._payload_variable(),
                    ],
                    inputs=self.values.get("inputs") or {},
                    extra_fields={"started_by_job_id": starter.job_id} if starter.job_id else {},
                )
            )
        except ProtectedRefRefused as error:
            if self.access:
                self.access = narrow_to_ref(self.access, error.ref)
                record_access(request, self.access)
            raise self._refusal(pipeline_refusal(error)) from error
        except PipelineRefused as error:
            raise pipeline_refusal(error) from error
        return json_response(PipelineSerializer().render(made), 201)

    def _short_token_variable(self) -> list[dict[str, str]]:
        short = self.starter.short
        return [{"key": "CI_TRIGGER_SHORT_TOKEN", "value": short, "variable_type": "env_var"}] if short else []

    def _payload_variable(self) -> dict[str, Any]:
        """The request without its tokens, for the jobs to read."""
        body = {name: value for name, value in self.params.items() if name.lower() not in SECRET}
        return {"key": "TRIGGER_PAYLOAD", "value": orjson.dumps(body).decode(), "variable_type": "file", "raw": True}


def _job_starter(access: Access) -> Starter:
    reason = access.decision.reason
    if reason is None:
        # The policy lets in jobs only, and none without a person.
        assert access.job is not None
        return Starter(access.project, access.current_user, access.job.id)
    if reason.refusal is Refusal.BLOCKED:
        raise refusal_error(access)
    if reason.refusal is Refusal.UNAUTHENTICATED and access.job is not None:
        raise ApiError(
            401, {"message": "Project has been deleted!" if access.job.project_gone else "Job is not running"}
        )
    # Whoever may see the project is told what is missing there; to anyone else it is not there, listed or not.
    if reason.rule == "enabled":
        raise base_error(DISABLED)
    if reason.rule == "entitled":
        raise base_error(NO_PERMISSION)
    raise not_found()


def _trigger_starter(token: str, id_or_path: IdOrPath) -> Starter:
    # By whatever project: what the address calls the project plays no part, so that nobody learns by the work whether
    # there is such a one.
    trigger: TriggerToken | None = find_token(CredentialKind.TRIGGER, token)
    if trigger is None or not id_or_path.names(trigger.project_id, trigger.project.full_path):
        raise not_found()
    record_use(trigger, client_address())
    project = trigger.project
    if not user_is_allowed(trigger.owner, Action.READ_PROJECT, project):
        raise not_found()
    if project.builds_access_level == FeatureLevel.DISABLED:
        raise base_error(DISABLED)
    if not user_is_allowed(trigger.owner, Action.RUN_PIPELINE, project):
        raise base_error(NO_PERMISSION)
    return Starter(project, trigger.owner, short=trigger.short)


def base_error(*messages: str) -> ApiError:
    return ApiError(400, {"message": {"base": list(messages)}})
