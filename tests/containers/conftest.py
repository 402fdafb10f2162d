"""The token server and the API with no registry running: its events are posted, and it cannot be asked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="session")
def _keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("registry")


@pytest.fixture(autouse=True)
def _registry(settings: Any, _keys: Path) -> None:
    settings.REGISTRY_ENABLED = True
    settings.REGISTRY_DIR = _keys
    settings.REGISTRY_PORT = 1  # nobody listens there
    settings.REGISTRY_HOST = "registry.example.com"
