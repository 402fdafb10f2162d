"""Changelogs from the trailers of commits, by REST."""

from __future__ import annotations

from typing import Any

import re2
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from semver import Version

from api.input.fields import Moment, Text
from api.input.parameters import Parameters
from api.operations import operation
from api.rest import ApiError, forbidden
from api.serializers import MessageSerializer
from projects.api.repository_params import FilePath, RefName
from projects.api.views.code import RepositoryView
from projects.api.views.files import NO_PUSH_INTO, commit
from projects.changelog import markdown
from projects.changelog.commits import TRAILER, changelog_entries
from projects.changelog.config import DEFAULT_PATH, ChangelogConfig, read_config
from projects.changelog.errors import ChangelogError
from projects.changelog.versions import parse_version, previous_tag
from projects.repository import Change, FileTooLarge, InvalidChange, NoSuchFile
from projects.repository.git_command import GitFailed
from tokenaccess.policy import Action, RefOperation

NO_RANGE = "The commit start range is unspecified, and no previous tag could be found to use instead"
CHANGED = "The branch was changed meanwhile; try again"


class ChangelogVersion(Text):
    """A semantic version, perhaps with a `v` before it."""

    default_error_messages = {"invalid": "is invalid"}

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.validators = []  # they look at text

    def to_internal_value(self, data: Any) -> Any:
        found = parse_version(super().to_internal_value(data))
        if found is None:
            self.fail("invalid")
        return found


class TrailerName(Text):
    default_error_messages = {"invalid": "is invalid"}

    def to_internal_value(self, data: Any) -> str:
        name = super().to_internal_value(data)
        if not TRAILER.fullmatch(name):
            self.fail("invalid")
        return name


class ChangelogParams(Parameters):
    """`from`: without it the tag of the version before. `to`: the default branch without it."""

    version = ChangelogVersion(required=True)
    to = RefName()
    date = Moment()
    trailer = TrailerName(default="Changelog")
    config_file = FilePath(default=DEFAULT_PATH)
    config_file_ref = RefName()

    def get_fields(self) -> dict[str, Any]:
        return {"from": RefName(source="base"), **super().get_fields()}


class NewChangelog(ChangelogParams):
    branch = RefName()
    file = FilePath(default="CHANGELOG.md")
    message = Text(max_length=10_000)


class NotesSerializer(serializers.Serializer[Any]):
    notes = serializers.CharField()


class Changelog(RepositoryView):
    actions = {"GET": Action.READ_RELEASE_CODE, "POST": Action.WRITE_CODE}

    @operation(ChangelogParams, returns=NotesSerializer)
    def get(self, request: Request, project: str, params: dict[str, Any]) -> dict[str, str]:
        return {"notes": self._notes(params)}

    @operation(NewChangelog, returns=MessageSerializer, status=200)
    def post(self, request: Request, project: str, params: dict[str, Any]) -> dict[str, str]:
        branch, path = params.get("branch") or self.access.project.default_branch, params["file"]
        if not self.is_allowed(RefOperation.PUSH, branch):
            raise forbidden(NO_PUSH_INTO)
        base = self.find(branch, "Branch").sha
        notes = self._notes({"to": branch, **params})
        known = self._text(base, path)
        text = markdown.insert(known or "", params["version"], notes)
        message = params.get("message") or f"Add changelog for version {params['version']}"
        change = Change("create" if known is None else "update", path, text.encode())

        def check(found: str) -> None:
            if found != base:
                raise InvalidChange(CHANGED)

        commit(self, branch=branch, changes=[change], message=message, check=check)
        return {"message": "200 OK"}

    def _text(self, sha: str, path: str) -> str | None:
        try:
            return self.repository.blob(sha, path).decode()
        except NoSuchFile:
            return None
        except (FileTooLarge, UnicodeDecodeError):
            raise _generation_error(ChangelogError("The file is no text that could be changed")) from None

    def _notes(self, params: dict[str, Any]) -> str:
        version, tip = params["version"], self.find(params.get("to")).sha
        site = self.request.build_absolute_uri("/")
        url = f"{site}{self.access.project.full_path}/-/commit/"
        try:
            config_ref = params.get("config_file_ref") or self.access.project.default_branch
            config = read_config(self.repository, config_ref, params["config_file"])
            base = self.find(params["base"]).sha if params.get("base") else self._previous(version, config)
            entries = changelog_entries(self.repository, base, tip, params["trailer"])
            return markdown.section(version, params.get("date") or timezone.now(), entries, config, url)
        except (ChangelogError, GitFailed) as error:
            raise _generation_error(error) from None

    def _previous(self, version: Version, config: ChangelogConfig) -> str:
        try:
            found = previous_tag(self.repository.tags(), version, config.tag_regex)
        except re2.error:
            raise ChangelogError("tag_regex is invalid") from None
        if found is None:
            raise ChangelogError(NO_RANGE)
        return found.sha


def _generation_error(error: Exception) -> ApiError:
    words = str(error) if isinstance(error, ChangelogError) else "git could not read the commits"
    return ApiError(422, f"Failed to generate the changelog: {words}")
