"""Releases, by REST (resources.md §7)."""

from __future__ import annotations

from functools import cached_property
from typing import Any
from urllib.parse import quote

from django.http import Http404, HttpResponse, HttpResponseRedirect
from rest_framework.request import Request

from api.operations import Operation, describe, operation
from api.rest import ApiError, forbidden
from projects.protection import NO_NEW_TAG
from projects.repository import InvalidChange, NoSuchRef, Repository
from resources.releases import services
from resources.releases.api.errors import release_error
from resources.releases.api.params import (
    NewRelease,
    ReleaseFilters,
    ReleaseParams,
    ReleaseUpdate,
    check_project,
    new_link,
    without_milestones,
)
from resources.releases.api.serializers import ReleaseSerializer
from resources.releases.links import find_download
from resources.releases.models import Release
from resources.releases.protection import may_create_tag
from resources.releases.querysets import ReleaseQuerySet
from resources.releases.responses import redirect_to
from tokenaccess.access.gate import check_same_target
from tokenaccess.adapters.drf import GatedView
from tokenaccess.policy import Action


class ReleaseView(GatedView):
    @property
    def releases(self) -> ReleaseQuerySet:
        assert self.access.facts.target is not None
        return Release.objects.filter(project=self.access.facts.target.id)

    @cached_property
    def repository(self) -> Repository:
        return Repository(self.access.project.repository_path)

    @cached_property
    def reads_code(self) -> bool:
        return check_same_target(self.access, Action.READ_RELEASE_CODE).decision.allowed

    def find(self, tag: str) -> Release:
        """Raises Http404."""
        found = self.releases.with_details().select_related("project").filter(tag=tag).first()
        if found is None:
            raise Http404
        return found

    def find_to_change(self, tag: str) -> Release:
        """Raises Http404, and ApiError for that of a tag that is kept from the caller."""
        found = self.find(tag)
        if not may_create_tag(self.access, tag):
            raise forbidden()
        return found


class Releases(ReleaseView):
    actions = {"GET": Action.READ_RELEASES, "POST": Action.MANAGE_RELEASES}

    @operation(ReleaseFilters, returns=ReleaseSerializer, many=True)
    def get(self, request: Request, project: str, params: dict[str, Any]) -> ReleaseQuerySet:
        return ReleaseFilters.apply(self.releases.with_details(), params)

    @operation(NewRelease, returns=ReleaseSerializer)
    def post(self, request: Request, project: str, params: dict[str, Any]) -> Release:
        check_project(params, self.access.project)
        values = without_milestones(params)
        links = [new_link(one) for one in values.pop("assets", {}).get("links", [])]
        job = self.access.job
        if not may_create_tag(self.access, values["tag"]):
            raise ApiError(403, NO_NEW_TAG)
        try:
            return services.create_release(
                self.access.project, **values, links=links, by=self.current_user, job_id=job.id if job else None
            )
        except NoSuchRef:
            raise ApiError(400, f"Target {values['ref']} is invalid") from None
        except (InvalidChange, *services.REFUSALS) as error:
            raise release_error(error) from None


class ReleaseDetail(ReleaseView):
    actions = {
        "GET": Action.READ_RELEASE_CODE,
        "PUT": Action.MANAGE_RELEASES,
        "DELETE": Action.MANAGE_RELEASES,
    }

    @operation(ReleaseParams, returns=ReleaseSerializer)
    def get(self, request: Request, project: str, tag: str, params: dict[str, Any]) -> Release:
        return self.find(tag)

    @operation(ReleaseUpdate, returns=ReleaseSerializer)
    def put(self, request: Request, project: str, tag: str, params: dict[str, Any]) -> Release:
        release = self.find_to_change(tag)
        services.update_release(release, by=self.current_user, **without_milestones(params))
        return release

    @operation(returns=ReleaseSerializer, status=200)
    def delete(self, request: Request, project: str, tag: str) -> Release:
        release = self.find_to_change(tag)
        services.delete_release(release, by=self.current_user)
        return release


class Evidences(ReleaseView):
    """Puts on record what the release says now."""

    actions = {"POST": Action.MANAGE_RELEASES}

    @operation(returns=ReleaseSerializer, status=200)
    def post(self, request: Request, project: str, tag: str) -> Release:
        release = self.find_to_change(tag)
        try:
            services.create_evidence(release, by=self.current_user)
        except services.REFUSALS as error:
            raise release_error(error) from None
        return self.find(tag)


# --- Redirects --------------------------------------------------------------------------------------------------------


class LatestRelease(ReleaseView):
    """Leads to the latest that is not upcoming, and further to `suffix` of it, with all that the address holds."""

    actions = {"GET": Action.READ_RELEASES}

    @describe(Operation(status=302))
    def get(self, request: Request, project: str, suffix: str = "") -> HttpResponse:
        latest = self.releases.latest_released()
        if latest is None:
            raise Http404
        assert self.access.facts.target is not None
        address = f"/api/v4/projects/{self.access.facts.target.id}/releases/{quote(latest.tag, safe='')}"
        query = request.META.get("QUERY_STRING", "")
        return HttpResponseRedirect(address + (f"/{quote(suffix)}" if suffix else "") + (f"?{query}" if query else ""))


class Download(ReleaseView):
    actions = {"GET": Action.READ_RELEASES}

    @operation(status=302)
    def get(self, request: Request, project: str, tag: str, file_path: str) -> HttpResponse:
        return redirect_to(find_download(self.releases, tag, file_path))
