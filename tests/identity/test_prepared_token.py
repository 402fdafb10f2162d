"""The prepared statement finds what the ORM finds, in every column."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.utils import timezone

from identity.credentials.prepared_token import PreparedToken
from identity.models import PersonalToken, User
from tests.factories.cast import Cast

GRANULAR = [{"access": "user", "permissions": ["read_user"]}]


def values_of(row: Any) -> dict[str, Any]:
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


def test_a_token_is_read_with_its_user_in_one_statement(cast: Cast, django_assert_num_queries: Any) -> None:
    person = cast.maintainer
    User.objects.filter(pk=person.pk).update(profile={"bio": "ü"}, last_login=timezone.now(), is_external=True)
    first = PersonalToken.objects.create(user=person, name="first", digest="1" * 64)
    PersonalToken.objects.create(
        user=person,
        name="second",
        digest="2" * 64,
        scopes=["api", "sudo"],
        expires_at=date(2030, 1, 1),
        revoked=True,
        granular_scopes=GRANULAR,
        family=first,
        last_used_at=timezone.now(),
        last_used_addresses=[{"address": "192.0.2.1", "at": "2030-01-01"}],
    )
    prepared = PreparedToken(PersonalToken)
    for digest in ("1" * 64, "2" * 64):
        with django_assert_num_queries(1):
            found = prepared.find(digest)
            user = found.user
        expected = PersonalToken.objects.get(digest=digest)
        assert values_of(found) == values_of(expected)
        assert values_of(user) == values_of(expected.user)
        found.name = "renamed"
        found.save(update_fields=["name"])
        assert PersonalToken.objects.get(digest=digest).name == "renamed", "it is a row like others"


def test_an_unknown_one_is_none(cast: Cast, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        assert PreparedToken(PersonalToken).find("0" * 64) is None
