"""Starting a pipeline with nothing but a token: a trigger's, or a running job's (job-token.md §1.6, runner.md §8.1)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, ClassVar

import orjson
from django.http import HttpRequest, HttpResponse

from config.rest import ApiError, not_found
from config.secret_parameters import SECRET
from identity.models import User
from identity.secrets import Prefix, is_well_formed
from jobs import services
from jobs.api import shapes
from jobs.api.given import MOST, is_key, is_value, refuse_inputs
from jobs.api.pipelines import refused
from jobs.models.pipeline import Source
from jobs.runner_api.auth import OwnCredentialView
from projects.models import Project
from tokenaccess.drf import refusal
from tokenaccess.gate import Access, ask_with_job_token, person_may
from tokenaccess.plain import json_response
from tokenaccess.policy import Action, Refusal
from tokenaccess.reference import Reference

_FORM_KEY = re.compile(r"variables\[([^\]]*)\]\Z")
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

    def identify(self, request: HttpRequest, **kwargs: Any) -> HttpResponse | None:
        if "Pipeline Hook" in request.headers.get("X-Gitlab-Event", ""):
            raise ApiError(403, "403 Forbidden")  # a hook that starts what calls the hook
        self.ref = _required(self.params, "ref" if "ref" not in kwargs else "", kwargs.get("ref", ""))
        refuse_inputs(self.params)
        self.variables = variables_in(self.params)
        self.starter = self._starter(request, str(self.params["token"]), Reference.parse(kwargs["project"]))
        return None

    def _starter(self, request: HttpRequest, token: str, reference: Reference) -> Starter:
        if is_well_formed(token, Prefix.JOB):
            access = ask_with_job_token(token, Action.TRIGGER_PIPELINE, reference)
            request.access = access  # type: ignore[attr-defined]
            return _starter_by_job(access)
        trigger = services.find_trigger(token)
        if trigger is None or not reference.names(trigger.project_id, trigger.project.full_path):
            raise not_found()
        services.note_trigger_used(trigger)
        project = trigger.project
        if not person_may(trigger.owner, Action.READ_PROJECT, project):
            raise not_found()
        if not person_may(trigger.owner, Action.RUN_PIPELINE, project):
            raise base(NO_PERMISSION)
        return Starter(project, trigger.owner, short=trigger.short)

    def post(self, request: HttpRequest, project: str, ref: str = "") -> HttpResponse:
        starter = self.starter
        try:
            if starter.job_id:
                services.check_chain(starter.job_id)
            made = services.create_pipeline(
                services.Request(
                    project=starter.project,
                    ref=self.ref,
                    user=starter.user,
                    source=Source.PIPELINE if starter.job_id else Source.TRIGGER,
                    variables=[*self.variables, *self._short(), self._payload()],
                    more={"started_by_job_id": starter.job_id} if starter.job_id else {},
                )
            )
        except services.Refused as error:
            raise refused(error) from error
        return json_response(shapes.pipeline(made, starter.project), 201)

    def _short(self) -> list[dict[str, str]]:
        short = self.starter.short
        return [{"key": "CI_TRIGGER_SHORT_TOKEN", "value": short, "variable_type": "env_var"}] if short else []

    def _payload(self) -> dict[str, Any]:
        """The request without its tokens, for the jobs to read."""
        body = {name: value for name, value in self.params.items() if name.lower() not in SECRET}
        return {"key": "TRIGGER_PAYLOAD", "value": orjson.dumps(body).decode(), "variable_type": "file", "raw": True}


def _required(params: dict[str, Any], ref_name: str, ref_in_path: str) -> str:
    """The ref; every missing parameter is named at once."""
    missing = [name for name in filter(None, (ref_name, "token")) if params.get(name) is None]
    if missing:
        raise ApiError(400, {"error": ", ".join(f"{name} is missing" for name in missing)})
    ref = ref_in_path or params.get("ref")
    if isinstance(ref, str) and not ref.strip():
        raise ApiError(400, {"error": "ref is empty"})
    if not isinstance(ref, str) or len(ref) > 1024 or "\0" in ref or not isinstance(params["token"], str):
        raise ApiError(400, {"error": "ref is invalid" if not isinstance(ref, str) else "token is invalid"})
    return ref


def _starter_by_job(access: Access) -> Starter:
    reason = access.decision.reason
    if reason is None:
        # The policy lets in jobs only, and none without a person.
        assert access.job is not None
        assert access.user is not None
        return Starter(access.project, access.user, access.job.id)
    if reason.refusal is Refusal.BLOCKED:
        raise refusal(access)
    if reason.refusal is Refusal.DEAD and access.job is not None:
        raise ApiError(
            401, {"message": "Project has been deleted!" if access.job.project_gone else "Job is not running"}
        )
    # Whoever may see the project is told what is missing there; to anyone else it is not there, listed or not.
    if reason.rule == "enabled":
        raise base("Pipelines are disabled!")
    if reason.rule == "entitled":
        raise base(NO_PERMISSION)
    raise not_found()


def base(*messages: str) -> ApiError:
    return ApiError(400, {"message": {"base": list(messages)}})


def variables_in(params: dict[str, Any]) -> list[dict[str, str]]:
    """`{"variables": {"K": "v"}}`, or `variables[K]=v` of a form or an address."""
    given = params.get("variables")
    found: dict[Any, Any] = {}
    if given not in (None, "", []):
        if not isinstance(given, dict):
            raise ApiError(400, {"error": "variables is invalid"})
        found.update(given)
    found.update({match[1]: value for name, value in params.items() if (match := _FORM_KEY.match(name))})
    if len(found) > MOST or not all(is_key(key) and is_value(value) for key, value in found.items()):
        raise ApiError(400, {"message": "variables needs to be a map of key-valued strings"})
    return [{"key": key, "value": value, "variable_type": "env_var"} for key, value in found.items()]
