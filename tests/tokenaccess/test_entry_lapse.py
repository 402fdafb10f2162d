"""Entries that have ended or are suspended admit nobody, and the reason says which it was."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from identity.models import today
from tests.factories.cast import Cast
from tokenaccess.allowlist import services
from tokenaccess.models import AllowlistEntry

EXPIRED = {"expires_at": today()}
SUSPENDED = {"suspended_at": timezone.now()}


def status_at_library(cast: Cast, api: Any) -> int:
    return int(api(job=cast.job_token()).get(f"/projects/{cast.library.pk}/packages").status_code)


def lapse(entry: AllowlistEntry, fields: dict[str, Any]) -> None:
    AllowlistEntry.objects.filter(pk=entry.pk).update(**fields)


@pytest.mark.parametrize(("fields", "status"), [({"expires_at": today() + timedelta(days=1)}, 200), (EXPIRED, 404)])
def test_an_entry_admits_until_the_day_on_which_it_expires(
    cast: Cast, api: Any, fields: dict[str, Any], status: int
) -> None:
    lapse(services.add_entry(cast.library, cast.app, by=cast.owner), fields)
    assert status_at_library(cast, api) == status


def test_a_suspended_entry_admits_nobody(cast: Cast, api: Any) -> None:
    entry = services.add_entry(cast.library, cast.acme, by=cast.owner)
    assert status_at_library(cast, api) == 200
    lapse(entry, SUSPENDED)
    assert status_at_library(cast, api) == 404


@pytest.mark.parametrize("fields", [EXPIRED, SUSPENDED])
def test_where_the_nearest_entry_lapsed_the_next_one_applies(cast: Cast, api: Any, fields: dict[str, Any]) -> None:
    lapse(services.add_entry(cast.library, cast.app, by=cast.owner), fields)
    services.add_entry(cast.library, cast.acme, by=cast.owner)
    assert status_at_library(cast, api) == 200


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        (EXPIRED, "Its project's entry on the allowlist of the project it asks for has expired."),
        (SUSPENDED, "Its project's entry on the allowlist of the project it asks for is suspended."),
        ({**EXPIRED, **SUSPENDED}, "Its project's entry on the allowlist of the project it asks for has expired."),
    ],
)
def test_the_reason_tells_expired_from_suspended(cast: Cast, api: Any, fields: dict[str, Any], sentence: str) -> None:
    lapse(services.add_entry(cast.library, cast.app, by=cast.owner), fields)
    asked = {"source": "acme/app", "target": "acme/library", "action": "read_packages", "username": "developer"}
    answer = api(cast.maintainer).post("/token_access/explain", asked).json()
    assert sentence in [step["sentence"] for step in answer["steps"]]
    assert answer["entry"] == "acme/app"


@pytest.mark.parametrize("fields", [EXPIRED, SUSPENDED])
def test_a_lapsed_entry_lets_no_job_of_its_own_project_out(cast: Cast, api: Any, fields: dict[str, Any]) -> None:
    services.limit_access(cast.library, by=cast.owner, inbound=False)
    services.limit_access(cast.app, by=cast.owner, outbound=True)
    entry = services.add_entry(cast.app, cast.library, by=cast.owner, direction="outbound")
    assert status_at_library(cast, api) == 200
    lapse(entry, fields)
    assert status_at_library(cast, api) == 404
