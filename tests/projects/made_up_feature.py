"""A pytest plugin that adds a feature to a project, as one would: a row of the table and a field of its column.

It is loaded before Django's models are, which is why its tests run in a process of their own (test_features.py).
"""

from __future__ import annotations

from typing import Any, cast

from django.db.models.signals import class_prepared

from tokenaccess.policy import features
from tokenaccess.policy.features import Feature, FeatureRow
from tokenaccess.policy.levels import FeatureLevel

WIKI = cast(Feature, "wiki")
COLUMN = "wiki_access_level"

features.FEATURES += (FeatureRow(WIKI, COLUMN, "wiki", switch="wiki_enabled", default=FeatureLevel.PRIVATE),)


def add_field(sender: Any, **kwargs: object) -> None:
    if sender.__name__ == "Project":
        from projects.models.project import feature_level_field

        feature_level_field(WIKI).contribute_to_class(sender, COLUMN)


class_prepared.connect(add_field)
