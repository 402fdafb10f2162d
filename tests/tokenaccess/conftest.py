"""Pages as a browser asks for them."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from projects.models import Project
from tests.factories import projects
from tests.factories.cast import Cast
from tokenaccess.policy.levels import Visibility


@pytest.fixture
def browser() -> Any:
    """`browser(user)`, or `browser()` for a visitor → a client that is signed in."""

    def open_as(user: Any = None) -> Client:
        client = Client()
        if user is not None:
            client.force_login(user)
        return client

    return open_as


@pytest.fixture
def page(cast: Cast, browser: Any) -> Client:
    """The maintainer's browser."""
    return browser(cast.maintainer)


@pytest.fixture
def secret(cast: Cast) -> Project:
    """A private project in a private group that nobody of the cast but an administrator may see."""
    return projects.project("secret", group=projects.group("far", visibility=Visibility.PRIVATE))
