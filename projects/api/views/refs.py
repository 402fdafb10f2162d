"""Branches and tags, by REST."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from config.paging import paged
from config.params import Params
from config.rest import ApiError, created, forbidden, no_content, not_found
from projects import services
from projects.api.code_shapes import branch_json, tag_json
from projects.api.lookup import LONGEST_SEARCH
from projects.api.views.code import LONGEST_REF, RepositoryView
from projects.protection import NO_BRANCH_DELETION, NO_NEW_BRANCH, NO_NEW_TAG, NO_TAG_DELETION
from projects.repository import BadChange, NoSuchRef, Ref, is_branch_name
from tokenaccess.policy import Action, Deed


def _named(refs: list[Ref], params: Params) -> list[Ref]:
    """`search`: `^x` for names that start so, `x$` for those that end so, else those that hold it."""
    words = params.text("search", most=LONGEST_SEARCH)
    if not words:
        return refs
    if words.startswith("^"):
        return [ref for ref in refs if ref.name.startswith(words[1:])]
    if words.endswith("$"):
        return [ref for ref in refs if ref.name.endswith(words[:-1])]
    return [ref for ref in refs if words.lower() in ref.name.lower()]


class BranchView(RepositoryView):
    def shown(self, ref: Ref) -> dict[str, Any]:
        may_push = self.may(Deed.PUSH, ref.name, action=Action.PUSH_CODE)
        project, protections = self.access.project, self.protections
        return branch_json(ref, self.repository, project, self.request, protections=protections, may_push=may_push)


class TagView(RepositoryView):
    def shown(self, ref: Ref) -> dict[str, Any]:
        return tag_json(ref, self.repository, self.access.project, self.request, protections=self.protections)


class Branches(BranchView):
    actions = {"GET": Action.READ_CODE, "POST": Action.WRITE_CODE}

    def get(self, request: Request, project: str) -> Response:
        refs = _named(self.repository.branches(), Params.of(request))
        return paged(request, refs, self.shown)

    def post(self, request: Request, project: str) -> Response:
        params = Params.of(request)
        params.require("branch", "ref")
        name = params.text("branch", required=True, most=LONGEST_REF) or ""
        at = params.text("ref", required=True, most=LONGEST_REF) or ""
        if not is_branch_name(name):
            raise ApiError(400, "Branch name is invalid")
        if self.repository.branch(name) is not None:
            raise ApiError(400, "Branch already exists")
        if not self.may(Deed.PUSH, name):
            raise ApiError(400, NO_NEW_BRANCH)
        try:
            made = services.create_branch(self.access.project, name=name, at=at, by=self.person)
        except NoSuchRef:
            raise ApiError(400, f"Invalid reference name: {at}") from None
        except BadChange as error:
            raise ApiError(400, str(error)) from None
        return created(self.shown(made))


class Branch(BranchView):
    actions = {"GET": Action.BROWSE_CODE, "DELETE": Action.WRITE_CODE}

    def get(self, request: Request, project: str, branch: str) -> Response:
        return Response(self.shown(self._found(branch)))

    def delete(self, request: Request, project: str, branch: str) -> Response:
        found = self._found(branch)
        if not self.may(Deed.DELETE, found.name):
            raise ApiError(400, NO_BRANCH_DELETION)
        try:
            services.delete_ref(self.access.project, found, by=self.person)
        except NoSuchRef:
            raise not_found("Branch") from None
        except BadChange as error:
            raise ApiError(405, str(error)) from None
        return no_content()

    def _found(self, name: str) -> Ref:
        found = self.repository.branch(name)
        if found is None:
            raise not_found("Branch")
        return found


class Tags(TagView):
    """`order_by` version or name, `sort`, `search`."""

    actions = {"GET": Action.READ_CODE, "POST": Action.WRITE_CODE}

    def get(self, request: Request, project: str) -> Response:
        params = Params.of(request)
        params.choice("order_by", ["name", "updated", "version"])
        refs = _named(self.repository.tags(), params)
        refs.sort(key=lambda ref: ref.name, reverse=(params.choice("sort", ["asc", "desc"]) or "desc") == "desc")
        return paged(request, refs, self.shown)

    def post(self, request: Request, project: str) -> Response:
        params = Params.of(request)
        params.require("tag_name", "ref")
        name = params.text("tag_name", required=True, most=LONGEST_REF) or ""
        at = params.text("ref", required=True, most=LONGEST_REF) or ""
        message = params.text("message") or ""
        if not is_branch_name(name):
            raise ApiError(400, "Tag name invalid")
        if self.repository.tag(name) is not None:
            raise ApiError(400, f"Tag {name} already exists")
        if not self.may(Deed.PUSH, name, tag=True):
            raise ApiError(400, NO_NEW_TAG)
        try:
            made = services.create_tag(self.access.project, name=name, at=at, message=message, by=self.person)
        except NoSuchRef:
            raise ApiError(400, f"Target {at} is invalid") from None
        except BadChange as error:
            raise ApiError(400, str(error)) from None
        return created(self.shown(made))


class Tag(TagView):
    actions = {"GET": Action.READ_CODE, "DELETE": Action.WRITE_CODE}

    def get(self, request: Request, project: str, tag: str) -> Response:
        return Response(self.shown(self._found(tag)))

    def delete(self, request: Request, project: str, tag: str) -> Response:
        found = self._found(tag)
        if not self.may(Deed.DELETE, found.name, tag=True):
            raise forbidden(NO_TAG_DELETION)
        try:
            services.delete_ref(self.access.project, found, by=self.person)
        except NoSuchRef:
            raise not_found("Tag") from None
        return no_content()

    def _found(self, name: str) -> Ref:
        found = self.repository.tag(name)
        if found is None:
            raise not_found("Tag")
        return found
