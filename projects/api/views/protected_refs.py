"""Protected branches and tags, by REST, in the shapes of GitLab's API."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from rest_framework.request import Request

from api.operations import operation
from api.rest import ApiError, not_found
from projects import services
from projects.api.protected_serializers import ProtectedBranchSerializer, ProtectedTagSerializer
from projects.api.repository_params import BranchProtection, NewProtectedBranch, NewProtectedTag, ProtectedRefFilters
from projects.models import ProtectedRef, RefKind
from tokenaccess.adapters.drf import GatedView
from tokenaccess.policy import Action


class ProtectedView(GatedView):
    kind: ClassVar[RefKind]

    @property
    def rows(self) -> QuerySet[ProtectedRef]:
        return ProtectedRef.objects.filter(project=self.access.project, kind=self.kind)

    def get_protected(self, name: str) -> ProtectedRef:
        """`name` as it was given, not a branch or tag that it names."""
        found = self.rows.filter(name=name).first() if "\0" not in name else None
        if found is None:
            raise not_found()
        return found


class ProtectedBranches(ProtectedView):
    actions = {"GET": Action.READ_PROTECTED_REFS, "POST": Action.MANAGE_PROTECTED_REFS}
    kind = RefKind.BRANCH

    @operation(ProtectedRefFilters, returns=ProtectedBranchSerializer, many=True)
    def get(self, request: Request, project: str, params: dict[str, Any]) -> QuerySet[ProtectedRef]:
        return ProtectedRefFilters.filter(self.rows, params).order_by("name")

    @operation(NewProtectedBranch, returns=ProtectedBranchSerializer)
    def post(self, request: Request, project: str, params: dict[str, Any]) -> ProtectedRef:
        try:
            return services.protect(self.access.project, kind=self.kind, by=self.current_user, **params)
        except services.AlreadyProtected:
            raise ApiError(409, f"Protected branch '{params['name']}' already exists") from None


class ProtectedBranch(ProtectedView):
    actions = {
        "GET": Action.READ_PROTECTED_REFS,
        "PATCH": Action.MANAGE_PROTECTED_REFS,
        "DELETE": Action.MANAGE_PROTECTED_REFS,
    }
    kind = RefKind.BRANCH

    @operation(returns=ProtectedBranchSerializer)
    def get(self, request: Request, project: str, name: str) -> ProtectedRef:
        return self.get_protected(name)

    @operation(BranchProtection, returns=ProtectedBranchSerializer)
    def patch(self, request: Request, project: str, name: str, params: dict[str, Any]) -> ProtectedRef:
        protected = self.get_protected(name)
        for read_name, level in (
            ("push_access_levels", protected.push_level),
            ("merge_access_levels", protected.merge_level),
        ):
            if params.pop(read_name, [level]) != [level]:
                raise ApiError(400, {"error": f"{read_name} is not supported, use {read_name.removesuffix('s')}"})
        return services.change_protection(protected, by=self.current_user, **params)

    @operation()
    def delete(self, request: Request, project: str, name: str) -> None:
        services.unprotect(self.get_protected(name), by=self.current_user)


class ProtectedTags(ProtectedView):
    actions = {"GET": Action.READ_PROTECTED_REFS, "POST": Action.MANAGE_PROTECTED_REFS}
    kind = RefKind.TAG

    @operation(ProtectedRefFilters, returns=ProtectedTagSerializer, many=True)
    def get(self, request: Request, project: str, params: dict[str, Any]) -> QuerySet[ProtectedRef]:
        return ProtectedRefFilters.filter(self.rows, params).order_by("name")

    @operation(NewProtectedTag, returns=ProtectedTagSerializer)
    def post(self, request: Request, project: str, params: dict[str, Any]) -> ProtectedRef:
        try:
            return services.protect(self.access.project, kind=self.kind, by=self.current_user, **params)
        except services.AlreadyProtected:
            raise ApiError(422, {"message": ["Name has already been taken"]}) from None


class ProtectedTag(ProtectedView):
    actions = {"GET": Action.READ_PROTECTED_REFS, "DELETE": Action.MANAGE_PROTECTED_REFS}
    kind = RefKind.TAG

    @operation(returns=ProtectedTagSerializer)
    def get(self, request: Request, project: str, name: str) -> ProtectedRef:
        return self.get_protected(name)

    @operation()
    def delete(self, request: Request, project: str, name: str) -> None:
        services.unprotect(self.get_protected(name), by=self.current_user)
