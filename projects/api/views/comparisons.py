"""What commits change, where they are, and who wrote them, by REST."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request

from api.operations import operation
from api.rest import ApiError, not_found
from projects.api.comparison_serializers import (
    CommitRefSerializer,
    ComparisonSerializer,
    ContributorSerializer,
    PatchSerializer,
    SignatureSerializer,
)
from projects.api.repository_params import (
    CommitRefFilters,
    CompareParams,
    ContributorFilters,
    DiffParams,
    MergeBaseParams,
)
from projects.api.repository_serializers import CommitSerializer
from projects.api.views.code import TOO_MUCH, RepositoryView
from projects.repository import Commit, NoSuchRef, parse_ref
from projects.repository.changes import find_changes
from projects.repository.diffs import commit_trees
from projects.repository.git_command import GitFailed, OutputTooLarge
from projects.repository.objects import HEADS, TAGS
from projects.repository.patches import Comparison, Patches, compare, merge_base
from projects.repository.reachability import Contributor, contributors, refs_that_contain
from tokenaccess.policy import Action

_PREFIXES = {"all": (HEADS, TAGS), "branch": (HEADS,), "tag": (TAGS,)}


class CommitDiff(RepositoryView):
    """What a commit changes in its first parent, file by file: of the first 5000 files."""

    actions = {"GET": Action.BROWSE_CODE}

    @operation(DiffParams, returns=PatchSerializer, many=True)
    def get(self, request: Request, project: str, sha: str, params: dict[str, Any]) -> Patches:
        changes = find_changes(*commit_trees(self.repository, self.find(sha).sha))
        return Patches(self.repository.git, changes.files)


class CommitRefs(RepositoryView):
    """The branches and tags that hold a commit."""

    actions = {"GET": Action.BROWSE_CODE}

    @operation(CommitRefFilters, returns=CommitRefSerializer, many=True)
    def get(self, request: Request, project: str, sha: str, params: dict[str, Any]) -> list[dict[str, str]]:
        found = self.find(sha).sha
        try:
            names = refs_that_contain(self.repository, found, _PREFIXES[params["type"]])
        except (GitFailed, OutputTooLarge):
            raise ApiError(422, TOO_MUCH) from None
        parsed = map(parse_ref, names)
        return [{"type": "tag" if is_tag else "branch", "name": name} for name, is_tag in parsed]


class CommitSignature(RepositoryView):
    """Signatures are not looked at here: there is none to tell of."""

    actions = {"GET": Action.BROWSE_CODE}

    @operation(returns=SignatureSerializer)
    def get(self, request: Request, project: str, sha: str) -> None:
        self.find(sha)
        raise not_found("Signature")


class TagSignature(RepositoryView):
    """As CommitSignature."""

    actions = {"GET": Action.BROWSE_CODE}

    @operation(returns=SignatureSerializer)
    def get(self, request: Request, project: str, tag: str) -> None:
        if self.repository.tag(parse_ref(tag)[0]) is None:
            raise not_found("Tag")
        raise not_found("Signature")


class Compare(RepositoryView):
    actions = {"GET": Action.BROWSE_CODE}

    @operation(CompareParams, returns=ComparisonSerializer)
    def get(self, request: Request, project: str, params: dict[str, Any]) -> Comparison:
        base, head = self.find(params["base"], "Ref"), self.find(params["to"], "Ref")
        return compare(self.repository, base.sha, head.sha, straight=params["straight"])


class MergeBase(RepositoryView):
    """The commit that all `refs` come from."""

    actions = {"GET": Action.BROWSE_CODE}

    @operation(MergeBaseParams, returns=CommitSerializer)
    def get(self, request: Request, project: str, params: dict[str, Any]) -> Commit:
        names: list[str] = params.get("refs", [])
        if len(names) < 2:
            raise ApiError(400, "Provide at least 2 refs")
        shas = {name: self._sha(name) for name in names}
        unknown = [name for name, sha in shas.items() if sha is None]
        if unknown:
            raise ApiError(400, f"Could not find ref{'s' if len(unknown) > 1 else ''}: {', '.join(unknown)}")
        found = merge_base(self.repository, [str(shas[name]) for name in names])
        if found is None:
            raise not_found("Merge Base")
        return found

    def _sha(self, name: str) -> str | None:
        try:
            return self.repository.find(name).sha
        except NoSuchRef:
            return None


class Contributors(RepositoryView):
    """Who wrote the last 2000 commits."""

    actions = {"GET": Action.BROWSE_CODE}

    @operation(ContributorFilters, returns=ContributorSerializer, many=True)
    def get(self, request: Request, project: str, params: dict[str, Any]) -> list[Contributor]:
        if "ref" not in params and self.repository.is_empty():
            return []
        found = contributors(self.repository, self.find(params.get("ref"), "Ref").sha)
        by = params["order_by"]
        return sorted(found, key=lambda one: (getattr(one, by), one.email), reverse=params["sort"] == "desc")
