"""`/token_access/{projects,groups}/:id/sources` and `…/candidates`: what may access a project, or the projects below a
group, and what tried; what could be added. GitLab has no such thing."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request

from api.operations import operation
from tokenaccess.adapters.drf import GatedView
from tokenaccess.api.sources.params import CandidateSearch, ProjectCandidateSearch, SourceFilters
from tokenaccess.api.sources.serializers import CandidateSerializer, TokenSourceSerializer
from tokenaccess.policy import Action
from tokenaccess.sources.candidates import find_candidates
from tokenaccess.sources.read import read_sources
from tokenaccess.sources.rows import SourceRow


class Sources(GatedView):
    actions = {"GET": Action.READ_TOKEN_ACCESS}

    @operation(SourceFilters, returns=TokenSourceSerializer, many=True)
    def get(self, request: Request, project: str, params: dict[str, Any]) -> list[SourceRow]:
        return SourceFilters.query(params).apply(read_sources(self.access.project, self.current_user).rows)


class GroupSources(GatedView):
    """Of the group's list and those above it, and of what all projects below the group admitted and refused."""

    actions = {"GET": Action.READ_GROUP_TOKEN_ACCESS}

    @operation(SourceFilters, returns=TokenSourceSerializer, many=True)
    def get(self, request: Request, group: str, params: dict[str, Any]) -> list[SourceRow]:
        return SourceFilters.query(params).apply(read_sources(self.access.group, self.current_user).rows)


class Candidates(GatedView):
    actions = {"GET": Action.READ_TOKEN_ACCESS}

    @operation(ProjectCandidateSearch, returns=CandidateSerializer, many=True)
    def get(self, request: Request, project: str, params: dict[str, Any]) -> list[dict[str, Any]]:
        found = find_candidates(self.access.project, self.current_user, params["search"], params["direction"])
        return [candidate._asdict() for candidate in found]


class GroupCandidates(GatedView):
    """For the list of the group."""

    actions = {"GET": Action.READ_GROUP_TOKEN_ACCESS}

    @operation(CandidateSearch, returns=CandidateSerializer, many=True)
    def get(self, request: Request, group: str, params: dict[str, Any]) -> list[dict[str, Any]]:
        found = find_candidates(self.access.group, self.current_user, params["search"])
        return [candidate._asdict() for candidate in found]
