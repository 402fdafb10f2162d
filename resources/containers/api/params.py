"""What requests may say about container repositories (resources.md §3.5)."""

from __future__ import annotations

from typing import Any

import re2

from api.input.fields import Boolean, Choice, Integer, Text
from api.input.list_filters import only_order
from api.input.parameters import Parameters
from api.rest import ApiError
from ci_config import durations
from resources.containers.cleanup import Rules, compile_pattern
from tokenaccess.policy.levels import Role


class RepositoryOptions(Parameters):
    tags = Boolean(default=False)
    tags_count = Boolean(default=False)


class RepositoryDetailOptions(RepositoryOptions):
    size = Boolean(default=False)


class ContainerTagFilters(Parameters):
    unsupported = only_order("name", "asc")


class BulkDeletion(Parameters):
    """A rule that is misspelt would keep nothing."""

    name_regex_delete = Text()
    name_regex = Text(help_text="The old name of name_regex_delete.")
    name_regex_keep = Text()
    keep_n = Integer(min_value=0)
    older_than = Text(help_text="1h, 1d, 1month")
    dry_run = Boolean(default=False, help_text="List what would be deleted, and delete nothing.")


def rules_of(values: dict[str, Any]) -> Rules:
    """Raises ApiError in GitLab's words."""
    delete = values.get("name_regex_delete") or values.get("name_regex") or ""
    if not delete:
        names = "name_regex, name_regex_delete"
        raise ApiError(400, {"error": f"{names} are missing, at least one parameter must be provided"})
    for name in ("name_regex_delete", "name_regex", "name_regex_keep"):
        _check_pattern(name, values.get(name) or "")
    return Rules(delete, values.get("name_regex_keep") or "", values.get("keep_n") or 0, _seconds(values))


def _check_pattern(name: str, pattern: str) -> None:
    try:
        compile_pattern(pattern)
    except re2.error:
        raise ApiError(400, {"error": f"{name} is an invalid regexp"}) from None


def _seconds(values: dict[str, Any]) -> int:
    text = values.get("older_than")
    found = durations.seconds(text) if text else 0
    if found is None:
        raise ApiError(400, {"error": "older_than is invalid"})
    return found


# In GitLab's words; "" takes the rule back.
LEVELS = {"maintainer": Role.MAINTAINER, "owner": Role.OWNER}


class _Level(Choice):
    def __init__(self, source: str) -> None:
        super().__init__(list(LEVELS), source=source, allow_blank=True)

    def to_internal_value(self, data: Any) -> Any:
        return LEVELS[super().to_internal_value(data)].value if data else 0


class ImageProtectionChanges(Parameters):
    repository_path_pattern = Text(source="pattern", refuse_blank=True)
    minimum_access_level_for_push = _Level("push_level")
    minimum_access_level_for_delete = _Level("delete_level")


class NewImageProtection(ImageProtectionChanges):
    repository_path_pattern = Text(source="pattern", required=True)
