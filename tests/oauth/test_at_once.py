"""Two that use one secret at the same moment: one gets tokens, and what both could hold ends."""

from __future__ import annotations

from functools import partial

import pytest
from django.test import Client

from tests.factories.cast import Cast
from tests.factories.oauth import application
from tests.support.at_once import at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("secret", ["code", "refresh token"])
def test_one_of_two_wins_and_the_reuse_is_noticed(cast: Cast, secret: str) -> None:
    own = application()
    if secret == "code":
        use = partial(own.exchange, own.code_for(cast.developer))
    else:
        use = partial(own.refresh, own.tokens_for(cast.developer)["refresh_token"])
    given, failed = at_once(use, use)
    assert failed == []
    assert sorted(answer.status_code for answer in given) == [200, 400]
    won = next(answer.json() for answer in given if answer.status_code == 200)
    headers = {"Authorization": f"Bearer {won['access_token']}"}
    assert Client().get("/api/v4/user", headers=headers).status_code == 401
    assert own.refresh(won["refresh_token"]).json()["error"] == "invalid_grant"
