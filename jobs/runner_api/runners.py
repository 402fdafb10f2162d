"""A runner introduces itself, and takes its leave (runner.md §1.2)."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse

from config.params import Params
from config.rest import ApiError, forbidden, not_found
from jobs import services
from jobs.api.runner_settings import settings_of
from jobs.models import Runner
from jobs.models.runner import RunnerType
from jobs.runner_api import body
from jobs.runner_api.auth import OwnCredentialView, RunnerView
from tokenaccess.plain import json_response


def credentials_json(runner: Runner, token: str) -> dict[str, Any]:
    expires = runner.token_expires_at
    return {"id": runner.pk, "token": token, "token_expires_at": expires.isoformat() if expires else None}


class Verify(RunnerView):
    def post(self, request: HttpRequest) -> HttpResponse:
        if self.runner.runner_type == RunnerType.PROJECT and not self.runner.projects.exists():
            raise ApiError(422, "422 Unprocessable Entity - Runner is orphaned")
        services.meet(
            self.runner,
            system_id=body.text(self.params.get("system_id"), 64),
            info=self.params.get("info"),
            address=request.META.get("REMOTE_ADDR"),
        )
        return json_response(credentials_json(self.runner, self.token))


class Register(OwnCredentialView):
    """The old way: with a registration token, and the runner's settings beside it."""

    own_credential = "a registration token"

    def identify(self, request: HttpRequest, **kwargs: Any) -> HttpResponse | None:
        if not self.params.get("token"):
            raise ApiError(400, {"error": "token is missing"})
        return None  # the service looks it up and makes the runner in one step

    def post(self, request: HttpRequest) -> HttpResponse:
        made = services.register_runner(body.text(self.params["token"]), settings_of(Params(self.params)))
        if made is None:
            raise forbidden("invalid token supplied")
        runner, secret = made
        return json_response(credentials_json(runner, secret), 201)


class Unregister(RunnerView):
    """The runner itself goes, for all its machines."""

    def delete(self, request: HttpRequest) -> HttpResponse:
        services.delete_runner(self.runner, by=None)
        return HttpResponse(status=204)


class Managers(RunnerView):
    """One machine takes its leave; the runner stays."""

    def delete(self, request: HttpRequest) -> HttpResponse:
        if "system_id" not in self.params:
            raise ApiError(400, {"error": "system_id is missing"})
        gone, _ = self.runner.managers.filter(system_id=body.text(self.params["system_id"], 64)).delete()
        if not gone:
            raise not_found()
        return HttpResponse(status=204)


class ResetToken(RunnerView):
    def post(self, request: HttpRequest) -> HttpResponse:
        secret = services.reset_token(self.runner, by=None)
        expires = self.runner.token_expires_at
        return json_response({"token": secret, "token_expires_at": expires.isoformat() if expires else None}, 201)


class Discovery(RunnerView):
    """Where another server hands out the jobs. There is none: the runner goes on asking us (runner.md §1.2)."""

    def get(self, request: HttpRequest) -> HttpResponse:
        raise ApiError(501, "501 Not Implemented")
