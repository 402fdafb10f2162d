"""What requests about a repository may say: files, commits, branches, tags, and their protection."""

from __future__ import annotations

import base64
from typing import Any

import re2
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.fields import empty

from api.input.fields import Anything, Boolean, Choice, Integer, Moment, NumberChoice, Percent, Text
from api.input.list_filters import MAX_SEARCH, ListFilters, only_order
from api.input.parameters import Parameters
from jobs.models.commit_status import REPORTED_STATES
from projects.models.choices import REF_LEVELS
from projects.repository.commit_actions import ACTIONS
from projects.services.protection import MAX_NAME as MAX_PROTECTED_NAME
from tokenaccess.policy.levels import Role

MAX_REF = 1024
MAX_PATH = 4096
MAX_NAME = 255
MAX_CHANGES = 1000
MAX_MERGE_BASE_REFS = 20
# A regular expression is a text like any other until somebody writes a program in it.
MAX_REGEX = 255


class RefName(Text):
    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=MAX_REF, **options)


class FilePath(Text):
    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=MAX_PATH, **options)


class TreeParams(Parameters):
    ref = RefName()
    path = FilePath(default="")
    recursive = Boolean(default=False)
    page_token = Text(max_length=2 * MAX_PATH)

    unsupported = only_order("id", "asc")


class ArchiveParams(Parameters):
    """`sha`: a commit, or the name of a branch or tag; the default branch without it. `path`: only what lies there.
    `include_lfs_blobs`: in the place of their pointers."""

    sha = RefName()
    path = FilePath(default="")
    include_lfs_blobs = Boolean(default=True)

    unsupported = {"exclude_paths": None}


# --- Files ------------------------------------------------------------------------------------------------------------


class FileContent(Text):
    """`content`, in `encoding` text or base64: any text, however long, which may be empty or hold a NUL."""

    null_empties = False

    def __init__(self, **options: Any) -> None:
        super().__init__(allow_blank=True, **options)

    def run_validation(self, data: Any = empty) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return data


def decode(content: str, encoding: str) -> bytes:
    """Raises ValidationError."""
    try:
        return content.encode() if encoding == "text" else base64.b64decode("".join(content.split()), validate=True)
    except ValueError:
        raise ValidationError({"content": [ErrorDetail("", "invalid")]}) from None


class FileAtRef(Parameters):
    ref = RefName(required=True)


class RawFileParams(Parameters):
    """`lfs`: what a pointer of Git LFS stands for, in its place."""

    ref = RefName()
    lfs = Boolean(default=False)


class FileDeletion(Parameters):
    branch = RefName(required=True)
    commit_message = Text(required=True)
    start_branch = RefName()
    start_sha = RefName()
    author_name = Text(max_length=MAX_NAME)
    author_email = Text(max_length=MAX_NAME)
    last_commit_id = Text(max_length=MAX_NAME)

    unsupported = {"start_project": None}


class FileWriting(FileDeletion):
    content = FileContent(required=True)
    encoding = Choice(["text", "base64"], default="text")
    execute_filemode = Boolean()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        return {**attrs, "content": decode(attrs["content"], attrs.pop("encoding"))}


# --- Commits ----------------------------------------------------------------------------------------------------------


class FileAction(Parameters):
    """One change of a commit."""

    action = Choice(ACTIONS, required=True)
    file_path = FilePath(required=True)
    previous_path = FilePath(default="")
    content = FileContent()
    encoding = Choice(["text", "base64"], default="text")
    last_commit_id = Text(max_length=MAX_NAME)
    execute_filemode = Boolean()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        needed = {"create": "content", "update": "content", "move": "previous_path", "chmod": "execute_filemode"}
        name = needed.get(attrs["action"], "action")
        if attrs.get(name) in ({None, ""} if name == "previous_path" else {None}):
            raise ValidationError({name: [ErrorDetail("", "required")]})
        encoding = attrs.pop("encoding")
        if "content" in attrs:
            attrs["content"] = decode(attrs["content"], encoding)
        return attrs


class NewCommit(Parameters):
    branch = RefName(required=True)
    commit_message = Text(required=True)
    actions: Any = serializers.ListSerializer(child=FileAction(), allow_empty=False, max_length=MAX_CHANGES)
    start_branch = RefName()
    start_sha = RefName()
    author_name = Text(max_length=MAX_NAME)
    author_email = Text(max_length=MAX_NAME)
    stats = Boolean(default=True)
    force = Boolean(default=False)

    mutually_exclusive = ("start_branch", "start_sha")
    unsupported = {"start_project": None}


class CommitFilters(Parameters):
    """`author`: part of `Name <address>`. `order=topo`: no parent before its children."""

    ref_name = RefName()
    path = FilePath(default="")
    since = Moment()
    until = Moment()
    author = Text(max_length=MAX_NAME, default="")
    all = Boolean(default=False)
    first_parent = Boolean(default=False)
    order = Choice(["default", "topo"], default="default")
    with_stats = Boolean(source="stats", default=False)

    unsupported = {"follow": False, "trailers": False}


class CommitParams(Parameters):
    """`stats=false` leaves the counts of lines out."""

    stats = Boolean(default=True)


class DiffParams(Parameters):
    """`unidiff`: with the names of the file above each patch, as `diff -u` writes them."""

    unidiff = Boolean(default=False)


class CommitRefFilters(Parameters):
    type = Choice(["all", "branch", "tag"], default="all")


class StatusFilters(ListFilters):
    """`all`: retried jobs too."""

    ref = RefName(source="pipeline__ref")
    stage = Text(max_length=MAX_NAME)
    name = Text(max_length=MAX_NAME)
    pipeline_id = Integer()
    all = Boolean(default=False)

    orders = {"id": "id", "pipeline_id": "pipeline_id"}
    default_order = ("id", "asc")
    options = frozenset({"all"})


class NewStatus(Parameters):
    """`context` stands for a `name` that is not given. `ref`: the branch or tag."""

    state = Choice(REPORTED_STATES, required=True)
    ref = RefName()
    name = Text(max_length=MAX_NAME)
    context = Text(max_length=MAX_NAME)  # type: ignore[assignment]
    target_url = Text(max_length=MAX_NAME, allow_blank=True)
    description = Text(max_length=MAX_NAME, allow_blank=True)
    coverage = Percent()
    pipeline_id = Integer()


class CompareParams(DiffParams):
    """What `to` has that `from` has not; `straight`: changes between the two, not since they parted."""

    to = RefName(required=True)
    straight = Boolean(default=False)

    unsupported = {"from_project_id": None}

    def get_fields(self) -> dict[str, Any]:
        return {"from": RefName(required=True, source="base"), **super().get_fields()}


class MergeBaseParams(Parameters):
    refs = serializers.ListField(child=RefName(), max_length=MAX_MERGE_BASE_REFS)


class ContributorFilters(Parameters):
    ref = RefName()
    order_by = Choice(["commits", "email", "name"], default="commits")
    sort = Choice(["asc", "desc"], default="asc")


# --- Branches and tags ------------------------------------------------------------------------------------------------


class _RefFilters(Parameters):
    """`search`: `^x` for names that start so, `x$` for those that end so, else those that hold it."""

    search = Text(max_length=MAX_SEARCH, default="")

    unsupported = {"page_token": None}


class BranchFilters(_RefFilters):
    """`regex`: in RE2's words, found anywhere in the name."""

    regex = Text(max_length=MAX_REGEX)
    sort = Choice(["name_asc", "updated_asc", "updated_desc"], default="name_asc")

    def validate_regex(self, text: str) -> Any:
        options = re2.Options()
        options.log_errors = False
        try:
            return re2.compile(text, options)
        except re2.error:
            raise ValidationError([ErrorDetail("", "invalid")]) from None


class TagFilters(_RefFilters):
    order_by = Choice(["name", "updated", "version"], default="updated")
    sort = Choice(["asc", "desc"], default="desc")


class NewBranch(Parameters):
    branch = RefName(required=True)
    ref = RefName(required=True)


class NewTag(Parameters):
    tag_name = RefName(required=True)
    ref = RefName(required=True)
    message = Text(default="")

    unsupported = {"release_description": None}


# --- Protection -------------------------------------------------------------------------------------------------------


class ProtectedRefFilters(ListFilters):
    search = Text(max_length=MAX_SEARCH, source="name__icontains")


# Rights of single people and groups: who asks for such must not be left with something else in silence.
_ALLOWED = ("allowed_to_push", "allowed_to_merge", "allowed_to_create", "allowed_to_unprotect")
_LEVELS = {level: level for level, _words in REF_LEVELS}


@extend_schema_field({"type": "array", "items": {"type": "object", "additionalProperties": {"type": "string"}}})
class LevelList(Anything):
    """A list of `{access_level: …}`, read as the numbers in it."""

    def to_internal_value(self, data: Any) -> list[Any]:
        if not isinstance(data, list) or not all(isinstance(one, dict) for one in data):
            self.fail("invalid")
        return [one.get("access_level") for one in data]


class _Protection(Parameters):
    unsupported = {
        **dict.fromkeys((*_ALLOWED, "deploy_key_id")),
        "code_owner_approval_required": False,
        "unprotect_access_level": Role.MAINTAINER,  # whose right it is here; Terraform's provider always sends it
    }
    unsupported_words = dict.fromkeys(_ALLOWED, "is not supported: protections are for roles")


class _BranchProtection(_Protection):
    push_access_level = NumberChoice(_LEVELS, source="push_level")
    merge_access_level = NumberChoice(_LEVELS, source="merge_level")
    allow_force_push = Boolean()


class BranchProtection(_BranchProtection):
    """`push_access_levels` and `merge_access_levels`: as they were told, by clients that send back all that they were
    given; the words without an `s` change them."""

    push_access_levels = LevelList()
    merge_access_levels = LevelList()


class NewProtectedBranch(_BranchProtection):
    name = Text(required=True, max_length=MAX_PROTECTED_NAME)


class NewProtectedTag(_Protection):
    name = Text(required=True, max_length=MAX_PROTECTED_NAME)
    create_access_level = NumberChoice(_LEVELS, source="push_level")
