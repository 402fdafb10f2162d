"""The limits that the API tells are those that its readable twin finds."""

from __future__ import annotations

from itertools import product
from typing import Any

from tests.factories.cast import Cast
from tokenaccess.access.facts import settings_of
from tokenaccess.access.sql.limits import fetch_limits
from tokenaccess.models import InstanceSettings, TokenAccessSettings
from tokenaccess.policy.levels import InboundMode


def test_every_pair_of_settings_of_the_project_and_the_instance(cast: Cast) -> None:
    for own, instance, outbound in product([None, *InboundMode], InboundMode, (False, True)):
        InstanceSettings.objects.update_or_create(pk=1, defaults={"inbound_mode": instance.value})
        TokenAccessSettings.objects.filter(project=cast.library).delete()
        if own is not None:
            TokenAccessSettings.objects.create(project=cast.library, inbound_mode=own.value, limits_outbound=outbound)
        readable = settings_of(cast.library)
        assert fetch_limits(cast.library.pk) == (readable.inbound_limit_applies, readable.limits_outbound)


def test_a_read_by_a_personal_token_takes_three_statements(
    cast: Cast, api: Any, django_assert_num_queries: Any
) -> None:
    client = api(cast.maintainer)
    address = f"/projects/{cast.library.pk}/job_token_scope"
    client.get(address)  # notes that the token was used
    with django_assert_num_queries(3):
        assert client.get(address).json() == {"inbound_enabled": True, "outbound_enabled": False}


def test_of_a_project_that_is_gone_there_are_none(cast: Cast) -> None:
    assert fetch_limits(0) is None
