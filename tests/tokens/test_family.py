"""A line of rotated tokens ends as a whole: tokens.md §6.1."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from django.db import connection, connections, transaction

from identity import services
from identity.models import PersonalToken
from tests.factories import people


def _somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()")
        return cursor.fetchone() is not None


@pytest.mark.may_skip
@pytest.mark.django_db(transaction=True)
def test_a_successor_made_while_its_line_is_ended_is_ended() -> None:
    if connection.vendor == "sqlite":
        pytest.skip("one write at a time: the end of the line waits for the whole rotation")
    user = people.person("ada")
    first, _ = services.create_token(user=user, name="a", scopes=["api"], by=user)
    second, _ = services.rotate_token(first, by=user)
    failed: list[Any] = []

    def end() -> None:
        try:
            services.revoke_family(first, by=user)
        except Exception as error:
            failed.append(error)
        finally:
            connections.close_all()

    ending = threading.Thread(target=end)
    with transaction.atomic():
        services.rotate_token(second, by=user)
        ending.start()
        deadline = time.monotonic() + 30
        while not _somebody_waits() and time.monotonic() < deadline:
            time.sleep(0.01)
    ending.join(timeout=30)
    assert not failed
    assert not PersonalToken.objects.active().exists()
