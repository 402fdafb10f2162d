"""Protected branches and tags, by REST, in the shapes of the original's API."""

from __future__ import annotations

from typing import Any, ClassVar

from rest_framework.request import Request
from rest_framework.response import Response

from config.paging import paged
from config.params import Params
from config.rest import ApiError, created, no_content, not_found
from projects import services
from projects.api.lookup import LONGEST_SEARCH
from projects.api.protected_shapes import protected_branch_json, protected_tag_json
from projects.choices import REF_LEVELS
from projects.models import ProtectedRef, RefKind
from projects.services.protection import LONGEST_NAME
from tokenaccess.drf import GatedView
from tokenaccess.policy import Action

# Rights of single people and groups: who asks for such must not be left with something else in silence.
_NOT_HERE = ("allowed_to_push", "allowed_to_merge", "allowed_to_create", "allowed_to_unprotect")


class ProtectedView(GatedView):
    kind: ClassVar[RefKind]
    # What the API calls a level → what the model does.
    levels: ClassVar[dict[str, str]]

    def shown(self, protected: ProtectedRef) -> dict[str, Any]:
        return protected_tag_json(protected) if protected.tag else protected_branch_json(protected)

    def named(self, name: str) -> ProtectedRef:
        rows = ProtectedRef.objects.filter(project=self.access.project, kind=self.kind)
        found = rows.filter(name=name).first() if "\0" not in name else None
        if found is None:
            raise not_found()
        return found

    def given(self, params: Params) -> dict[str, Any]:
        """Model field → value, of what the request names."""
        for name in _NOT_HERE:
            if name in params or f"{name}[]" in params:
                raise ApiError(400, {"error": f"{name} is not supported: protections are for roles"})
        found: dict[str, Any] = {field: _level(params, name) for name, field in self.levels.items()}
        if self.kind == RefKind.BRANCH:
            found["allow_force_push"] = params.boolean("allow_force_push")
        return {field: value for field, value in found.items() if value is not None}


def _level(params: Params, name: str) -> int | None:
    level = params.integer(name)
    if level is not None and level not in dict(REF_LEVELS):
        raise ApiError(400, {"error": f"{name} does not have a valid value"})
    return level


class _List(ProtectedView):
    actions = {"GET": Action.READ_PROTECTED_REFS, "POST": Action.MANAGE_PROTECTED_REFS}

    def get(self, request: Request, project: str) -> Response:
        """`search`: part of the name."""
        rows = ProtectedRef.objects.filter(project=self.access.project, kind=self.kind).order_by("name")
        words = Params.of(request).text("search", most=LONGEST_SEARCH)
        return paged(request, rows.filter(name__icontains=words) if words else rows, self.shown)

    def post(self, request: Request, project: str) -> Response:
        params = Params.of(request)
        name = params.text("name", required=True, most=LONGEST_NAME) or ""
        known = self.access.project
        try:
            made = services.protect(known, kind=self.kind, name=name, by=self.person, **self.given(params))
        except services.AlreadyProtected:
            raise self.taken(name) from None
        return created(self.shown(made))

    def taken(self, name: str) -> ApiError:
        raise NotImplementedError


class _One(ProtectedView):
    """`name` as it was given, not a branch or tag that it names."""

    actions = {"GET": Action.READ_PROTECTED_REFS, "DELETE": Action.MANAGE_PROTECTED_REFS}

    def get(self, request: Request, project: str, name: str) -> Response:
        return Response(self.shown(self.named(name)))

    def delete(self, request: Request, project: str, name: str) -> Response:
        services.unprotect(self.named(name), by=self.person)
        return no_content()


class _OfBranches(ProtectedView):
    kind = RefKind.BRANCH
    levels = {"push_access_level": "push_level", "merge_access_level": "merge_level"}


class _OfTags(ProtectedView):
    kind = RefKind.TAG
    levels = {"create_access_level": "push_level"}


class ProtectedBranches(_OfBranches, _List):
    def taken(self, name: str) -> ApiError:
        return ApiError(409, f"Protected branch '{name}' already exists")


class ProtectedBranch(_OfBranches, _One):
    actions = {**_One.actions, "PATCH": Action.MANAGE_PROTECTED_REFS}

    def patch(self, request: Request, project: str, name: str) -> Response:
        known = self.named(name)
        return Response(self.shown(services.change_protection(known, by=self.person, **self.given(Params.of(request)))))


class ProtectedTags(_OfTags, _List):
    def taken(self, name: str) -> ApiError:
        return ApiError(422, {"message": ["Name has already been taken"]})


class ProtectedTag(_OfTags, _One):
    pass
