"""The version, for clients that ask before they do anything else."""

from __future__ import annotations

from typing import Any

import pytest

from tests.factories.cast import Cast


@pytest.mark.parametrize("path", ["/version", "/metadata"])
def test_the_version_is_shown_to_anyone_signed_in(cast: Cast, api: Any, path: str):
    version = api(cast.outsider).get(path).json()
    assert version["version"].startswith("16.3")
    assert version["revision"]
    assert api().get(path).status_code == 401
    assert api(job=cast.job_token()).get(path).status_code == 401
