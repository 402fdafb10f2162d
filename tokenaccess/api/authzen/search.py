"""`/access/v1/search`: AuthZEN's searches. They find what evaluation answers the same caller with yes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rest_framework.request import Request

from api.operations import operation
from tokenaccess.access.id_or_path import IdOrPath
from tokenaccess.api.authzen.evaluation import EvaluationView, describe_ignored
from tokenaccess.api.authzen.properties import read_properties
from tokenaccess.api.authzen.search_params import (
    ActionSearch,
    ResourceSearch,
    SubjectSearch,
    fingerprint,
    read_position,
    write_token,
)
from tokenaccess.api.authzen.serializers import ActionResultsSerializer, EntityResultsSerializer
from tokenaccess.explanation import search
from tokenaccess.explanation.details import Properties
from tokenaccess.explanation.search import Found, Position
from tokenaccess.explanation.subjects import SubjectKind
from tokenaccess.policy import Action, Job

KINDS = {kind.value: kind for kind in SubjectKind}
PROJECT = "project"

Answer = dict[str, Any]


class SearchView(EvaluationView):
    def search(
        self,
        params: dict[str, Any],
        properties: Properties,
        as_job: Callable[[Job, Position], Found],
        as_person: Callable[[SubjectKind, Position], Found],
    ) -> tuple[Found, str]:
        """What there is at that page, and the token of the next."""
        subject, resource = params["subject"], params["resource"]
        parts = [subject["type"], subject.get("id"), resource["type"], resource.get("id")]
        parts += [properties.role, sorted(properties.details.items())]
        question = fingerprint(
            self._caller_key(), self.__class__.__name__, parts, (params.get("action") or {}).get("name")
        )
        position = read_position(params, question)
        kind = KINDS.get(subject["type"])
        if kind is None or resource["type"] != PROJECT:
            return search.NOTHING, ""
        job = self.access.job
        if job is None:
            found = as_person(kind, position)
        elif kind is SubjectKind.JOB and subject.get("id", str(job.id)) == str(job.id) and properties.role is None:
            found = as_job(job, position)
        else:
            found = search.NOTHING
        return found, write_token(found.next, question)

    def _caller_key(self) -> str:
        job = self.access.job
        return f"user {self.current_user.pk}" if job is None else f"job {job.id}"


class AccessSubjectSearch(SearchView):
    @operation(SubjectSearch, returns=EntityResultsSerializer, status=200)
    def post(self, request: Request, params: dict[str, Any]) -> Answer:
        params["subject"].pop("id", None)
        action, target = _action(params), IdOrPath.parse(params["resource"]["id"])
        properties = read_properties(params, action)

        def as_job(job: Job, position: Position) -> Found:
            found = search.search_actions_of_job(job, target, Position(0, len(search.ACTIONS)), properties)
            return Found([str(job.id)] if action.name.lower() in found.names else [])

        def as_person(kind: SubjectKind, position: Position) -> Found:
            return search.search_subjects(self.current_user, kind, action, target, position, properties)

        found = self.search(params, properties, as_job, as_person)
        return _entities(params["subject"]["type"], properties, *found)


class AccessResourceSearch(SearchView):
    @operation(ResourceSearch, returns=EntityResultsSerializer, status=200)
    def post(self, request: Request, params: dict[str, Any]) -> Answer:
        params["resource"].pop("id", None)
        action, name = _action(params), params["subject"]["id"]
        properties = read_properties(params, action)

        def as_job(job: Job, position: Position) -> Found:
            return search.search_resources_of_job(job, action, position, properties)

        def as_person(kind: SubjectKind, position: Position) -> Found:
            return search.search_resources(self.current_user, kind, name, action, position, properties)

        return _entities(PROJECT, properties, *self.search(params, properties, as_job, as_person))


class AccessActionSearch(SearchView):
    @operation(ActionSearch, returns=ActionResultsSerializer, status=200)
    def post(self, request: Request, params: dict[str, Any]) -> Answer:
        name, target = params["subject"]["id"], IdOrPath.parse(params["resource"]["id"])
        properties = read_properties(params, None)

        def as_job(job: Job, position: Position) -> Found:
            return search.search_actions_of_job(job, target, position, properties)

        def as_person(kind: SubjectKind, position: Position) -> Found:
            return search.search_actions(self.current_user, kind, name, target, position, properties)

        found, token = self.search(params, properties, as_job, as_person)
        return _results([{"name": one} for one in found.names], properties, token)


def _action(params: dict[str, Any]) -> Action:
    return Action[params["action"]["name"].upper()]


def _entities(kind: str, properties: Properties, found: Found, token: str) -> Answer:
    return _results([{"type": kind, "id": name} for name in found.names], properties, token)


def _results(results: list[Answer], properties: Properties, token: str) -> Answer:
    ignored = describe_ignored(properties)
    context = {"context": ignored} if ignored else {}
    return {"results": results, "page": {"next_token": token, "count": len(results)}, **context}
