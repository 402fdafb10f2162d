"""Two that use one secret at the same moment: one gets tokens, and what both could hold ends."""

from __future__ import annotations

from functools import partial

import pytest
from django.test import Client

from oauth.models import RefreshToken
from oauth.services.tokens import revoke_authorization
from tests.factories.cast import Cast
from tests.factories.oauth import application
from tests.support.at_once import at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("secret", ["code", "refresh token"])
def test_one_of_two_exchanges_wins_and_the_reuse_is_noticed(cast: Cast, secret: str) -> None:
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


def test_what_a_person_takes_back_is_not_renewed_at_the_same_moment(cast: Cast) -> None:
    own = application()
    renew = partial(own.refresh, own.tokens_for(cast.developer)["refresh_token"])
    _given, failed = at_once(renew, lambda: revoke_authorization(own.row, cast.developer, by=cast.developer))
    assert failed == []
    assert not RefreshToken.objects.filter(revoked=None).exists()
