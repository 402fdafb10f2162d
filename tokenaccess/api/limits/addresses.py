"""`/token_access/projects/:id/address_check`, `/token_access/runners/:id/networks`: where the tokens of jobs may be
used, and how often they were used from elsewhere. GitLab has no such thing."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from rest_framework.request import Request

from api.operations import operation
from api.rest import forbidden, not_found
from jobs.models import Runner
from jobs.runners.services import update_runner
from projects.models import Project
from tokenaccess.access.facts import settings_of
from tokenaccess.access_log.address_reports import AddressShare, share_of_project, share_of_runner
from tokenaccess.adapters.drf import GatedView
from tokenaccess.allowlist import services
from tokenaccess.api.params import AddressCheckChange, RunnerNetworksChange
from tokenaccess.api.serializers import AddressCheckSerializer, RunnerNetworksSerializer
from tokenaccess.policy import Action
from tokenaccess.policy.levels import AddressMode


class AddressCheck(GatedView):
    """What a project does about tokens that are not used from where their jobs run."""

    actions = {"GET": Action.READ_TOKEN_ACCESS, "PUT": Action.MANAGE_TOKEN_ACCESS}

    @operation(returns=AddressCheckSerializer)
    def get(self, request: Request, project: str) -> dict[str, Any]:
        return _check_of(self.access.project)

    @operation(AddressCheckChange, returns=AddressCheckSerializer)
    def put(self, request: Request, project: str, params: dict[str, Any]) -> dict[str, Any]:
        mode = AddressMode[params["mode"].upper()]
        services.set_address_mode(self.access.project, mode, by=self.current_user)
        return _check_of(self.access.project)


class RunnerNetworks(GatedView):
    """Where a runner's jobs may use their tokens besides the address it takes them from. For who manages the
    runner; changed by who maintains all projects that it serves."""

    actions = {"GET": Action.READ_RUNNERS, "PUT": Action.CHANGE_RUNNER}

    @operation(returns=RunnerNetworksSerializer)
    def get(self, request: Request, runner: int) -> dict[str, Any]:
        return _networks_of(self._find(runner))

    @operation(RunnerNetworksChange, returns=RunnerNetworksSerializer)
    def put(self, request: Request, runner: int, params: dict[str, Any]) -> dict[str, Any]:
        try:
            changed = update_runner(self._find(runner), by=self.current_user, networks=params["networks"])
        except PermissionDenied as error:
            raise forbidden(str(error)) from error
        return _networks_of(changed)

    def _find(self, pk: int) -> Runner:
        found = Runner.objects.managed_by(self.current_user).filter(pk=pk).first()
        if found is None:
            raise not_found("Runner")
        return found


def _check_of(project: Project) -> dict[str, Any]:
    mode = AddressMode(settings_of(project).address_mode)
    return {"mode": mode.name.lower(), **_figures(share_of_project(project))}


def _networks_of(runner: Runner) -> dict[str, Any]:
    return {"networks": runner.networks, **_figures(share_of_runner(runner))}


def _figures(share: AddressShare) -> dict[str, int]:
    return {"days": share.days, "jobs": share.jobs, "elsewhere": share.elsewhere}
