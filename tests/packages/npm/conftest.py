from __future__ import annotations

from typing import Any

import pytest

from tests.factories.cast import Cast
from tests.packages.npm.publications import publish
from tokenaccess.models import AllowlistEntry


@pytest.fixture
def published_versions(cast: Cast, api: Any) -> None:
    publish(api(cast.developer), cast.library, "1.0.0", "1.1.0")


@pytest.fixture
def app_entry(cast: Cast) -> AllowlistEntry:
    return AllowlistEntry.objects.create(project=cast.library, target_project=cast.app, direction="inbound")
