"""What requests about releases may say (resources.md §7)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from api.input.fields import Boolean, Choice, Integers, Moment, Text, Words
from api.input.list_filters import ListFilters
from api.input.parameters import Parameters
from api.rest import ApiError
from projects.models import Project
from resources.releases.links import MAX_LINKS
from resources.releases.models import MAX_NAME, MAX_URL, LinkType, ReleaseLink

MAX_DESCRIPTION = 1_000_000
MAX_REF = 1024


class ReleaseFilters(ListFilters):
    """A filter that is not known would show releases that were not asked for."""

    include_html_description = Boolean(default=False)

    orders = {"released_at": "released_at", "created_at": "created_at"}
    default_order = ("released_at", "desc")
    options = frozenset({"include_html_description"})


class LinkFilters(ListFilters):
    """Newest first."""


class ReleaseParams(Parameters):
    include_html_description = Boolean(default=False)


def _require_any(reader: Parameters, values: dict[str, Any]) -> dict[str, Any]:
    """As `at_least_one_of`, where an empty text is a value too. Raises ApiError."""
    if not values:
        names = ", ".join(reader.fields)
        raise ApiError(400, {"error": f"{names} are missing, at least one parameter must be provided"})
    return values


# --- Links ------------------------------------------------------------------------------------------------------------


class LinkParams(Parameters):
    """`filepath` is the old name of `direct_asset_path`."""

    direct_asset_path = Text(source="path", allow_blank=True)
    filepath = Text(allow_blank=True)
    link_type = Choice(LinkType.values)


class NewLink(LinkParams):
    name = Text(required=True, max_length=MAX_NAME)
    url = Text(required=True, max_length=MAX_URL)


class LinkUpdate(LinkParams):
    name = Text(max_length=MAX_NAME, refuse_blank=True)
    url = Text(max_length=MAX_URL, refuse_blank=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        return _require_any(self, attrs)


def link_fields(values: Mapping[str, Any]) -> dict[str, Any]:
    """What was given of a link, by the names that the model has."""
    fields = dict(values)
    old = fields.pop("filepath", None)
    return fields if old is None else {"path": old, **fields}


def new_link(values: Mapping[str, Any]) -> ReleaseLink:
    return ReleaseLink(**link_fields(values))


# --- Releases ---------------------------------------------------------------------------------------------------------


class NewAssets(Parameters):
    links: Any = serializers.ListSerializer(child=NewLink(), required=False, max_length=MAX_LINKS)


class ReleaseFields(Parameters):
    name = Text(max_length=MAX_NAME)
    description = Text(max_length=MAX_DESCRIPTION, allow_blank=True)
    released_at = Moment()
    milestones = Words()
    milestone_ids = Integers()


class NewRelease(ReleaseFields):
    """`id`: the project once more, which release-cli sends; `check_project` compares it with that of the address."""

    id = Text()
    tag_name = Text(required=True, source="tag", max_length=MAX_REF)
    tag_message = Text()
    ref = Text(max_length=MAX_REF)
    assets: Any = NewAssets(required=False)

    unsupported = {"legacy_catalog_publish": False}


class ReleaseUpdate(ReleaseFields):
    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        return _require_any(self, attrs)


def check_project(values: dict[str, Any], project: Project) -> None:
    """Takes `id` out. Raises ApiError when it is none of this project."""
    if values.pop("id", str(project.pk)) not in {str(project.pk), project.full_path}:
        raise ApiError(400, {"error": "id is not that of the project in the address"})


def without_milestones(values: Mapping[str, Any]) -> dict[str, Any]:
    """Raises ApiError when a milestone is named: there are none."""
    fields = dict(values)
    titles, ids = fields.pop("milestones", []), fields.pop("milestone_ids", [])
    if titles and ids:
        raise ApiError(400, {"error": "Cannot specify milestones and milestone_ids at the same time"})
    if titles or ids:
        raise ApiError(400, f"Milestone(s) not found: {', '.join(map(str, titles or ids))}")
    return fields
