"""The features of a project: its parts with an access level of their own.

To add one: a member of `Feature` and its row of FEATURES here, and the field of its column in
`projects.models.Project` with the migration. The SQL of the check, the facts, JSON (read and write), the form of the
settings page and the admin are made from FEATURES; a label in other words than the field's is in
`projects.forms.projects`. What a feature is for, the actions that need it say (`tokenaccess.policy.needs`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from tokenaccess.policy.levels import FeatureLevel


class Feature(StrEnum):
    REPOSITORY = "repository"
    BUILDS = "builds"
    PACKAGES = "packages"
    CONTAINERS = "containers"


@dataclass(frozen=True, slots=True)
class FeatureRow:
    """`column`: the field of the project, and its name in the API. `label`: what people read, in lower case as Django
    wants it. `switch`: the API's yes-or-no parameter of older clients, "" if it has none."""

    feature: Feature
    column: str
    label: str
    switch: str = ""
    default: FeatureLevel = FeatureLevel.ENABLED


FEATURES: tuple[FeatureRow, ...] = (
    FeatureRow(Feature.REPOSITORY, "repository_access_level", "repository"),
    FeatureRow(Feature.BUILDS, "builds_access_level", "CI/CD", switch="jobs_enabled"),
    FeatureRow(Feature.PACKAGES, "package_registry_access_level", "package registry", switch="packages_enabled"),
    FeatureRow(
        Feature.CONTAINERS,
        "container_registry_access_level",
        "container registry",
        switch="container_registry_enabled",
    ),
)


def columns() -> tuple[str, ...]:
    return tuple(row.column for row in FEATURES)


def row_of(feature: Feature) -> FeatureRow:
    return next(row for row in FEATURES if row.feature == feature)
