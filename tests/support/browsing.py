"""Pages as people with a browser see them, without a browser."""

from __future__ import annotations

from django.test import Client

from identity.models import User


def browser(user: User | None = None) -> Client:
    """Signed in as the user; None: a visitor."""
    client = Client()
    if user is not None:
        client.force_login(user)
    return client


def page(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()
