"""The registry's REST API (resources.md §3.5). A job's token reaches its own project's repositories only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.http import Http404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.operations import Operation, describe, operation
from api.rest import ApiError, not_found
from projects.models import Project
from resources.containers import cleanup, contents, services
from resources.containers.api.params import (
    BulkDeletion,
    ContainerTagFilters,
    RepositoryDetailOptions,
    RepositoryOptions,
    rules_of,
)
from resources.containers.api.serializers import (
    ContainerRepositorySerializer,
    ContainerTagDetailSerializer,
    ContainerTagSerializer,
)
from resources.containers.engine.client import EngineError
from resources.containers.models import ContainerRepository, Tag
from resources.containers.names import is_tag
from resources.containers.protection import check_repository
from resources.containers.querysets import ContainerRepositoryQuerySet
from text.numbers import is_number, parse_number
from tokenaccess.access.gate import permitted_ids
from tokenaccess.access.request_state import record_access
from tokenaccess.adapters.drf import GatedView, refusal_error
from tokenaccess.policy import Action, decide

# What GitLab's own answer consists of, where there is nothing to tell: the status once more.
STATUS = serializers.IntegerField()
TOO_SOON = "This request has already been made. You can run this at most once an hour for a given container repository"


def _read_id(raw: str) -> int:
    """From the address. One too large to be anybody's names nothing."""
    if not is_number(raw):
        raise ApiError(400, {"error": "repository_id is invalid"})
    return parse_number(raw) or 0


@contextmanager
def engine_errors() -> Iterator[None]:
    try:
        if not settings.REGISTRY_ENABLED:
            raise EngineError("There is no container registry.")
        yield
    except EngineError as error:
        raise ApiError(503, "503 Service Unavailable - the container registry cannot be reached") from error


def _with_tags(rows: ContainerRepositoryQuerySet, params: dict[str, Any]) -> ContainerRepositoryQuerySet:
    return rows.with_tags(names=params["tags"], count=params["tags_count"])


class RegistryView(GatedView):
    @property
    def repositories(self) -> ContainerRepositoryQuerySet:
        assert self.access.facts.target is not None
        return ContainerRepository.objects.filter(project=self.access.facts.target.id)

    def find(self, repository_id: str) -> ContainerRepository:
        """Raises Http404."""
        found = self.repositories.select_related("project").filter(pk=_read_id(repository_id)).first()
        if found is None:
            raise Http404
        return found

    def find_to_change(self, repository_id: str) -> ContainerRepository:
        """As `find`; protections of the repository count. Raises ApiError too."""
        found, request = self.find(repository_id), self.request._request
        access = check_repository(self.access, self.access.action, found.path)
        record_access(request, access)
        if not access.decision.allowed:
            raise refusal_error(access)
        return found

    def deletable(self, rows: Sequence[ContainerRepository]) -> set[int | None]:
        """The project's id, when the caller may delete its repositories."""
        target = self.access.facts.target
        allowed = decide(self.access.caller, Action.DELETE_IMAGES, self.access.facts).allowed
        return {target.id} if allowed and target is not None else set()


class RepositoryList(RegistryView):
    actions = {"GET": Action.READ_IMAGES}

    @operation(RepositoryOptions, returns=ContainerRepositorySerializer, many=True)
    def get(self, request: Request, project: str, params: dict[str, Any]) -> QuerySet[ContainerRepository]:
        return _with_tags(self.repositories, params).order_by("id")


class RepositoryDelete(RegistryView):
    actions = {"DELETE": Action.DELETE_IMAGES}

    @operation(returns=STATUS, status=202)
    def delete(self, request: Request, project: str, repository_id: str) -> int:
        """It is done soon: until then its status is `delete_scheduled`, and nobody pushes to it."""
        services.schedule_deletion(self.find_to_change(repository_id), by=self.access.user)
        return 202


class RepositoryDetail(RegistryView):
    """By its id alone: the gate is asked about its project, or about none."""

    actions = {"GET": Action.READ_IMAGES}

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        rows = ContainerRepository.objects.filter(pk=_read_id(kwargs["repository_id"]))
        project = rows.values_list("project", flat=True).first() or 0
        super().initial(request, *args, **kwargs, project=str(project))

    @operation(RepositoryDetailOptions, returns=ContainerRepositorySerializer)
    def get(self, request: Request, repository_id: str, params: dict[str, Any]) -> ContainerRepository:
        found = _with_tags(self.repositories, params).filter(pk=_read_id(repository_id)).first()
        if found is None:
            raise Http404
        return found


class GroupRepositories(GatedView):
    """All that the caller may see in the projects below the group."""

    actions = {"GET": Action.READ_GROUP}

    @operation(RepositoryOptions, returns=ContainerRepositorySerializer, many=True)
    def get(self, request: Request, group: str, params: dict[str, Any]) -> QuerySet[ContainerRepository]:
        projects = Project.objects.alive().below(self.access.group.pk)
        readable = ContainerRepository.objects.filter(project__in=projects).readable_by(self.access.user)
        return _with_tags(readable.select_related("project"), params).order_by("id")

    def deletable(self, rows: Sequence[ContainerRepository]) -> set[int]:
        projects = [row.project for row in rows if row.project is not None]
        return permitted_ids(self.access.user, Action.DELETE_IMAGES, projects)


class TagList(RegistryView):
    actions = {"GET": Action.READ_IMAGES, "DELETE": Action.DELETE_IMAGES}

    @operation(ContainerTagFilters, returns=ContainerTagSerializer, many=True)
    def get(self, request: Request, project: str, repository_id: str, params: dict[str, Any]) -> QuerySet[Tag]:
        repository = self.find(repository_id)
        with engine_errors():
            contents.refresh(repository)
        return repository.tags.select_related("repository").order_by("name")

    @describe(Operation(BulkDeletion, returns=STATUS, status=202, others={200: ContainerTagSerializer(many=True)}))
    def delete(self, request: Request, project: str, repository_id: str) -> Response:
        """With `dry_run` the tags that would go, and nothing is done. Else it is done soon."""
        repository, values = self.find_to_change(repository_id), BulkDeletion.read(request)
        rules = rules_of(values)
        if values["dry_run"]:
            with engine_errors():
                tags = cleanup.find_tags(repository, rules)
            context = {"request": request, "view": self}
            return Response(ContainerTagSerializer(context=context).render_all(_with(repository, tags)))
        if not cleanup.request(repository, rules):
            raise ApiError(400, TOO_SOON)
        return Response(202, status=202)


def _with(repository: ContainerRepository, tags: list[Tag]) -> list[Tag]:
    for tag in tags:
        tag.repository = repository
    return tags


class TagDetail(RegistryView):
    actions = {"GET": Action.READ_IMAGES, "DELETE": Action.DELETE_IMAGE_TAG}

    @operation(returns=ContainerTagDetailSerializer)
    def get(self, request: Request, project: str, repository_id: str, tag: str) -> Tag:
        return self._find_tag(self.find(repository_id), tag)

    @operation(returns=STATUS, status=200)
    def delete(self, request: Request, project: str, repository_id: str, tag: str) -> int:
        """This tag alone: others of the same image stay."""
        found = self._find_tag(self.find_to_change(repository_id), tag)
        with engine_errors():
            services.delete_tag(found, by=self.access.user)
        return 200

    def _find_tag(self, repository: ContainerRepository, name: str) -> Tag:
        with engine_errors():
            found = contents.read_tag(repository, name) if is_tag(name) else None
        if found is None:
            raise not_found("Tag")
        found.repository = repository
        return found
