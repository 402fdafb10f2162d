"""Registers, verifies and unregisters runners (runner.md §1.2)."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse

from api.operations import describe
from api.rest import ApiError, forbidden, not_found
from jobs.api.params.runners import RunnerRegistration
from jobs.models import Runner
from jobs.runner_api import body, operations
from jobs.runner_api.auth import OwnCredentialView, RunnerView
from jobs.runners.registration import NO_REGISTRATION, register_runner, takes_registration_tokens
from jobs.runners.services import delete_runner, register_manager_contact, reset_token
from jobs.runners.types import RunnerType
from tokenaccess.access.gate import deny_unknown
from tokenaccess.adapters.drf import with_denial_id
from tokenaccess.adapters.plain import json_response
from tokenaccess.policy import Action


def credentials_json(runner: Runner, token: str) -> dict[str, Any]:
    expires = runner.token_expires_at
    return {"id": runner.pk, "token": token, "token_expires_at": expires.isoformat() if expires else None}


class Verify(RunnerView):
    """Checks that the runner's token is good, before the runner works with it."""

    @describe(operations.VERIFY)
    def post(self, request: HttpRequest) -> HttpResponse:
        if self.runner.runner_type == RunnerType.PROJECT and not self.runner.projects.exists():
            raise ApiError(422, "422 Unprocessable Entity - Runner is orphaned")
        register_manager_contact(
            self.runner,
            system_id=body.printable_text(self.params.get("system_id"), 64),
            info=self.params.get("info"),
            address=request.META.get("REMOTE_ADDR"),
        )
        return json_response(credentials_json(self.runner, self.token))


class Register(OwnCredentialView):
    """Registers a runner with a registration token and its settings."""

    own_credential = "a registration token"

    def identify(self, request: HttpRequest, **kwargs: Any) -> HttpResponse | None:
        if not self.params.get("token"):
            raise ApiError(400, {"error": "token is missing"})
        if not takes_registration_tokens():
            raise with_denial_id(ApiError(410, NO_REGISTRATION), deny_unknown(Action.CREATE_RUNNER))
        return None  # the service looks up the token and creates the runner in one step

    @describe(operations.REGISTER)
    def post(self, request: HttpRequest) -> HttpResponse:
        settings = RunnerRegistration.read_values(self.params)
        settings.pop("info", None)
        made = register_runner(body.printable_text(settings.pop("token")), settings)
        if made is None:
            raise with_denial_id(forbidden("invalid token supplied"), deny_unknown(Action.CREATE_RUNNER))
        runner, secret = made
        return json_response(credentials_json(runner, secret), 201)


class Unregister(RunnerView):
    """Deletes the runner, with all its managers."""

    @describe(operations.UNREGISTER)
    def delete(self, request: HttpRequest) -> HttpResponse:
        delete_runner(self.runner, by=None)
        return HttpResponse(status=204)


class Managers(RunnerView):
    """Deletes one manager; the runner stays."""

    @describe(operations.REMOVE_MANAGER)
    def delete(self, request: HttpRequest) -> HttpResponse:
        if "system_id" not in self.params:
            raise ApiError(400, {"error": "system_id is missing"})
        gone, _ = self.runner.managers.filter(system_id=body.printable_text(self.params["system_id"], 64)).delete()
        if not gone:
            raise not_found()
        return HttpResponse(status=204)


class ResetToken(RunnerView):
    """Gives the runner a new token; the old one is invalid from then on."""

    @describe(operations.RESET_TOKEN)
    def post(self, request: HttpRequest) -> HttpResponse:
        secret = reset_token(self.runner, by=None)
        expires = self.runner.token_expires_at
        return json_response({"token": secret, "token_expires_at": expires.isoformat() if expires else None}, 201)


class Discovery(RunnerView):
    """The address of another server that hands out jobs.

    There is none, so the runner asks this one (runner.md §1.2).
    """

    @describe(operations.DISCOVER)
    def get(self, request: HttpRequest) -> HttpResponse:
        raise ApiError(501, "501 Not Implemented")
