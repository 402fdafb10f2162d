from __future__ import annotations

from typing import Any

import pytest

from projects.models import Project
from tests.factories import people, projects
from tests.factories.cast import Cast
from tests.support.graphql import Graph


@pytest.fixture
def graph(api: Any) -> Any:
    """`graph(cast.maintainer)` → a GraphQL client who speaks as that person; takes what `api` takes."""

    def speak(*person: Any, **how: Any) -> Graph:
        return Graph(api(*person, **how))

    return speak


@pytest.fixture
def maintainer(cast: Cast, graph) -> Any:
    return graph(cast.maintainer)


@pytest.fixture
def hidden(cast: Cast) -> Project:
    """A private project of somebody else, in a private group."""
    stranger = people.person("stranger")
    return projects.project("hidden", group=projects.group("secret", by=stranger, visibility=0), by=stranger)
