"""The table of credentials: a kind of token that is added there works where its row says, and nowhere else."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from django.apps import apps

from identity.credentials import table
from identity.credentials.lookup import find_token
from identity.credentials.table import TYPES, Carrier, CredentialTable, CredentialType, Surface
from identity.models import HashedToken, PersonalToken
from identity.secrets import digest, mint
from tests.factories.cast import Cast
from tests.support.response_schema import CheckedClient

PREFIX = "glmup-"
MADE_UP = CredentialType(
    "made-up",
    surfaces=frozenset({Surface.API}),
    carriers=frozenset({Carrier.BEARER, Carrier.BASIC}),
    prefixes=(PREFIX,),
    model="identity.PersonalToken",
    resolver="identity.credentials.resolve.resolve_token",
)


@pytest.fixture
def secret(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> str:
    """The secret of a maintainer's token of a kind that only this test adds to the table; it may read the API."""
    monkeypatch.setattr(table, "TABLE", CredentialTable((*TYPES, MADE_UP)))
    secret = mint(PREFIX)
    PersonalToken.objects.create(user=cast.maintainer, name="made up", scopes=["read_api"], digest=digest(secret))
    return secret


def basic(secret: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"anyone:{secret}".encode()).decode()}


def api(path: str, headers: dict[str, str]) -> Any:
    return CheckedClient().get(f"/api/v4/{path}", headers=headers)


@pytest.mark.django_db
class TestAKindOfTokenThatIsAddedToTheTable:
    def test_it_acts_as_its_user_by_the_carriers_of_its_row(self, cast: Cast, secret: str) -> None:
        for headers in ({"Authorization": f"Bearer {secret}"}, basic(secret)):
            answer = api(f"projects/{cast.library.pk}", headers)
            assert (answer.status_code, answer.json()["path"]) == (200, "library")

    def test_it_is_limited_by_its_scopes(self, cast: Cast, secret: str) -> None:
        answer = CheckedClient().delete(
            f"/api/v4/projects/{cast.library.pk}", headers={"Authorization": f"Bearer {secret}"}
        )
        assert (answer.status_code, answer.json()["error"]) == (403, "insufficient_scope")

    def test_another_carrier_does_not_take_it(self, cast: Cast, secret: str) -> None:
        assert api(f"projects/{cast.library.pk}", {"PRIVATE-TOKEN": secret}).status_code == 401
        assert api(f"projects/{cast.library.pk}", {"JOB-TOKEN": secret}).status_code == 404

    def test_another_surface_does_not_take_it(self, cast: Cast, secret: str) -> None:
        answer = CheckedClient().get("/acme/library.git/info/refs?service=git-upload-pack", headers=basic(secret))
        assert answer.status_code == 401

    def test_a_mistyped_one_is_refused_without_a_query(self, secret: str, django_assert_num_queries: Any) -> None:
        with django_assert_num_queries(0):
            assert find_token("made-up", secret[:-1] + ("0" if secret[-1] != "0" else "1")) is None

    def test_a_revoked_one_says_so(self, cast: Cast, secret: str) -> None:
        PersonalToken.objects.update(revoked=True)
        answer = api(f"projects/{cast.library.pk}", {"Authorization": f"Bearer {secret}"})
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_token")


def test_prefixes_are_unambiguous() -> None:
    prefixes = [prefix for row in TYPES for prefix in row.prefixes]
    assert [(one, other) for one in prefixes for other in prefixes if one is not other and one.startswith(other)] == []


def test_every_model_that_keeps_a_secret_is_in_the_table() -> None:
    stored = {model._meta.label for model in apps.get_models() if issubclass(model, HashedToken)}
    assert {row.model for row in TYPES if row.model} == stored


def test_each_carrier_has_at_most_one_fallback_on_each_surface() -> None:
    for surface in Surface:
        for carrier, types in CredentialTable(TYPES).by_surface[surface]:
            assert sum(carrier in row.fallback_carriers for row in types) <= 1, (surface, carrier)
