"""Branches and tags, by REST."""

from __future__ import annotations

import re
from typing import Any

from rest_framework.request import Request

from api.operations import operation
from api.rest import ApiError, forbidden, not_found
from api.serializers import MessageSerializer
from projects import services
from projects.api.repository_params import BranchFilters, NewBranch, NewTag, TagFilters
from projects.api.repository_serializers import BranchSerializer, TagSerializer
from projects.api.views.code import RepositoryView
from projects.protection import (
    NO_BRANCH_DELETION,
    NO_ID_AS_BRANCH,
    NO_ID_AS_TAG,
    NO_NEW_BRANCH,
    NO_NEW_TAG,
    NO_TAG_DELETION,
)
from projects.repository import (
    ChangedMeanwhile,
    InvalidChange,
    NoSuchRef,
    Ref,
    is_branch_name,
    looks_like_id,
    parse_ref,
)
from projects.repository.git_command import GitFailed, OutputTooLarge
from projects.repository.reachability import merged_branches
from tokenaccess.policy import Action, RefOperation

TOO_MANY_BRANCHES = "There are too many branches and commits to look at."


def _search(refs: list[Ref], words: str) -> list[Ref]:
    """`^x` for names that start so, `x$` for those that end so, else those that hold it."""
    if words.startswith("^"):
        return [ref for ref in refs if ref.name.startswith(words[1:])]
    if words.endswith("$"):
        return [ref for ref in refs if ref.name.endswith(words[:-1])]
    return [ref for ref in refs if words.lower() in ref.name.lower()]


class RefListView(RepositoryView):
    def in_order(self, refs: list[Ref], by: str, *, descending: bool) -> list[Ref]:
        """`by`: name, version or updated."""
        key = {"name": _name, "version": _version, "updated": self._commit_time}[by]
        return sorted(refs, key=lambda ref: (key(ref), ref.name), reverse=descending)

    def _commit_time(self, ref: Ref) -> Any:
        return self.repository.commit(ref.sha).committed_at


def _name(ref: Ref) -> str:
    return ref.name


def _version(ref: Ref) -> list[tuple[bool, int, str]]:
    """`v1.10` is after `v1.9`, and `v2-rc` before `v2`."""
    parts = re.findall(r"\d+|[^\d.]+", ref.name)
    return [(part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in [*parts, "~"]]


class Branches(RefListView):
    actions = {"GET": Action.READ_CODE, "POST": Action.WRITE_CODE}

    @operation(BranchFilters, returns=BranchSerializer, many=True)
    def get(self, request: Request, project: str, params: dict[str, Any]) -> list[Ref]:
        refs = _search(self.repository.branches(), params["search"])
        if "regex" in params:
            refs = [ref for ref in refs if params["regex"].search(ref.name)]
        by, _, way = params["sort"].partition("_")
        return self.in_order(refs, by, descending=way == "desc")

    @operation(NewBranch, returns=BranchSerializer)
    def post(self, request: Request, project: str, params: dict[str, Any]) -> Ref:
        name, at = params["branch"], params["ref"]
        if looks_like_id(name):
            raise ApiError(400, NO_ID_AS_BRANCH)
        if not is_branch_name(name):
            raise ApiError(400, "Branch name is invalid")
        if self.repository.branch(name) is not None:
            raise ApiError(400, "Branch already exists")
        if not self.is_allowed(RefOperation.PUSH, name):
            raise ApiError(400, NO_NEW_BRANCH)
        try:
            return services.create_branch(self.access.project, name=name, at=at, by=self.current_user)
        except NoSuchRef:
            raise ApiError(400, f"Invalid reference name: {at}") from None
        except InvalidChange as error:
            raise ApiError(400, str(error)) from None


class Branch(RepositoryView):
    actions = {"GET": Action.BROWSE_CODE, "DELETE": Action.WRITE_CODE}

    @operation(returns=BranchSerializer)
    def get(self, request: Request, project: str, branch: str) -> Ref:
        return self.get_branch(branch)

    @operation()
    def delete(self, request: Request, project: str, branch: str) -> None:
        found = self.get_branch(branch)
        if not self.is_allowed(RefOperation.DELETE, found.name):
            raise ApiError(400, NO_BRANCH_DELETION)
        try:
            services.delete_ref(self.access.project, found, by=self.current_user)
        except NoSuchRef:
            raise not_found("Branch") from None
        except ChangedMeanwhile as error:
            raise ApiError(409, str(error)) from None
        except InvalidChange as error:
            raise ApiError(405, str(error)) from None

    def get_branch(self, name: str) -> Ref:
        short, tag = parse_ref(name)
        found = None if tag else self.repository.branch(short)
        if found is None:
            raise not_found("Branch")
        return found


class MergedBranches(RepositoryView):
    """Deletes the branches that the default branch has all of. Protected ones stay, and it itself."""

    actions = {"DELETE": Action.WRITE_CODE}

    @operation(returns=MessageSerializer, status=202)
    def delete(self, request: Request, project: str) -> dict[str, str]:
        main = self.repository.branch(self.access.project.default_branch)
        if main is not None:
            services.delete_branches(self.access.project, self._merged_into(main), by=self.current_user)
        return {"message": "202 Accepted"}

    def _merged_into(self, main: Ref) -> list[Ref]:
        """Each as it is at the time when it is known to be merged."""
        before = {ref.name: ref for ref in self.repository.branches()}
        try:
            merged = {parse_ref(name)[0] for name in merged_branches(self.repository, main.sha)}
        except (GitFailed, OutputTooLarge):
            raise ApiError(422, TOO_MANY_BRANCHES) from None
        names = merged & before.keys() - {main.name}
        return [before[name] for name in sorted(names) if not self.protections.protects(name)]


class Tags(RefListView):
    actions = {"GET": Action.READ_CODE, "POST": Action.WRITE_CODE}

    @operation(TagFilters, returns=TagSerializer, many=True)
    def get(self, request: Request, project: str, params: dict[str, Any]) -> list[Ref]:
        refs = _search(self.repository.tags(), params["search"])
        return self.in_order(refs, params["order_by"], descending=params["sort"] == "desc")

    @operation(NewTag, returns=TagSerializer)
    def post(self, request: Request, project: str, params: dict[str, Any]) -> Ref:
        name, at, message = params["tag_name"], params["ref"], params["message"]
        if looks_like_id(name):
            raise ApiError(400, NO_ID_AS_TAG)
        if not is_branch_name(name):
            raise ApiError(400, "Tag name invalid")
        if self.repository.tag(name) is not None:
            raise ApiError(400, f"Tag {name} already exists")
        if not self.is_allowed(RefOperation.PUSH, name, tag=True):
            raise ApiError(400, NO_NEW_TAG)
        try:
            return services.create_tag(self.access.project, name=name, at=at, message=message, by=self.current_user)
        except NoSuchRef:
            raise ApiError(400, f"Target {at} is invalid") from None
        except InvalidChange as error:
            raise ApiError(400, str(error)) from None


class Tag(RepositoryView):
    actions = {"GET": Action.READ_CODE, "DELETE": Action.WRITE_CODE}

    @operation(returns=TagSerializer)
    def get(self, request: Request, project: str, tag: str) -> Ref:
        return self.get_tag(tag)

    @operation()
    def delete(self, request: Request, project: str, tag: str) -> None:
        found = self.get_tag(tag)
        if not self.is_allowed(RefOperation.DELETE, found.name, tag=True):
            raise forbidden(NO_TAG_DELETION)
        try:
            services.delete_ref(self.access.project, found, by=self.current_user)
        except NoSuchRef:
            raise not_found("Tag") from None
        except InvalidChange as error:
            raise ApiError(409, str(error)) from None

    def get_tag(self, name: str) -> Ref:
        short, tag = parse_ref(name)
        found = None if tag is False else self.repository.tag(short)
        if found is None:
            raise not_found("Tag")
        return found
