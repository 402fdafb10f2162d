"""The table of features: whatever is in it, a project has everywhere."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from projects.models import Project
from tests.support.server import ROOT, clean_environment
from tokenaccess.policy.features import FEATURES, Feature, FeatureRow

pytestmark = pytest.mark.pure


def test_every_feature_has_one_row():
    assert [row.feature for row in FEATURES] == list(Feature)


@pytest.mark.parametrize("row", FEATURES, ids=lambda row: row.feature)
def test_the_column_of_a_feature_is_a_field_of_projects(row: FeatureRow):
    field: Any = Project._meta.get_field(row.column)
    assert (field.verbose_name, field.default) == (row.label, row.default)


def test_a_made_up_feature_takes_a_row_and_a_field():
    """What the check, the API, the settings page and the admin do with it, `made_up_feature_cases` says."""
    run = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "--nomigrations", "-p", "no:cacheprovider"),
            *("-p", "tests.projects.made_up_feature", "tests/projects/made_up_feature_cases.py"),
        ],
        cwd=ROOT,
        env=clean_environment(),
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert run.returncode == 0, run.stdout + run.stderr
