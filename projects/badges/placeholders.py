"""The placeholders of badges' URLs, such as `%{default_branch}`, and which URLs a badge may have."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any
from urllib.parse import quote, urlsplit

import re2
from django.conf import settings

from projects.models import Group, Project
from projects.repository import NoSuchRef, Repository

SCHEMES = ("http", "https")
NOT_A_URL = f"is blocked: Only allowed schemes are {', '.join(SCHEMES)}"
NO_HOST = "is blocked: URI is invalid"
MAX_TAGS = 1000
_PLACEHOLDER = re2.compile(r"%\{([a-z_]+)\}")
_UNPRINTABLE = re2.compile(r"[\s\x00-\x1f\x7f<>\"\\]")


def url_fault(url: str) -> str:
    """Why `url` cannot be one of a badge; empty if it can. A placeholder may be anywhere behind the host."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return NO_HOST
    if parts.scheme not in SCHEMES:
        return NOT_A_URL
    if not parts.hostname or "%" in parts.netloc or "@" in parts.netloc or _UNPRINTABLE.search(url):
        return NO_HOST
    return ""


class BadgeUrls:
    """Fills in what is known of one project; what is not stays as it is written.

    `reads_code`: whether the current user may know of commits and tags.
    """

    def __init__(self, project: Project | None, *, reads_code: bool = False) -> None:
        self.project, self.reads_code = project, reads_code

    def render(self, url: str) -> str:
        return str(_PLACEHOLDER.sub(self._value, url)) if self.project else url

    def _value(self, match: Any) -> str:
        read = _VALUES.get(match.group(1))
        if read is None:
            return match.group(0)
        if match.group(1) not in self._known:
            self._known[match.group(1)] = read(self)
        value = self._known[match.group(1)]
        return match.group(0) if value is None else quote(value, safe="/")

    @cached_property
    def _known(self) -> dict[str, str | None]:
        return {}

    @property
    def _of(self) -> Project:
        assert self.project is not None
        return self.project

    @cached_property
    def _repository(self) -> Repository | None:
        return Repository(self._of.repository_path) if self.reads_code else None

    def commit_sha(self) -> str | None:
        try:
            return self._repository.find(self._of.default_branch).sha if self._repository else None
        except NoSuchRef:
            return None

    def latest_tag(self) -> str | None:
        """The tag of the newest commit, among the last MAX_TAGS by name."""
        repository = self._repository
        tags = repository.tags()[-MAX_TAGS:] if repository else []
        return max(tags, key=lambda tag: repository.commit(tag.sha).committed_at).name if repository and tags else None

    def group_name(self) -> str | None:
        return Group.objects.at_path(self._of.full_path.split("/")[0]).values_list("name", flat=True).first()


_VALUES: dict[str, Callable[[BadgeUrls], str | None]] = {
    "project_path": lambda urls: urls._of.full_path,
    "project_title": lambda urls: urls._of.name,
    "project_name": lambda urls: urls._of.path,
    "project_id": lambda urls: str(urls._of.pk),
    "project_namespace": lambda urls: urls._of.full_path.rpartition("/")[0],
    "default_branch": lambda urls: urls._of.default_branch,
    "gitlab_server": lambda _urls: urlsplit(settings.EXTERNAL_URL).netloc,
    "group_name": BadgeUrls.group_name,
    "commit_sha": BadgeUrls.commit_sha,
    "latest_tag": BadgeUrls.latest_tag,
}
