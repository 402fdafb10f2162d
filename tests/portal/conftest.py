"""Pages as a browser asks for them."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client


@pytest.fixture
def browser() -> Any:
    """`browser(user)`, or `browser()` for a visitor → a client that is signed in and checks CSRF as a real one."""

    def open_as(user: Any = None) -> Client:
        client = Client()
        if user is not None:
            client.force_login(user)
        return client

    return open_as
