"""A filter that a page does not have, or a word that is none of a filter's, is named instead of being passed over."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tests.factories.cast import Cast
from tests.support.token_access import RULES, text
from tokenaccess.allowlist import services

HISTORY = "/acme/library/-/audit_events"
GROUP = "/groups/acme/-/settings/token_access"


@pytest.mark.parametrize(
    ("address", "fault"),
    [
        (f"{RULES}/posture?severity=hihg", "severity does not have a valid value: low, medium, high, critical"),
        (f"{RULES}/posture?check=zzz", "check does not have a valid value"),
        (f"{RULES}/posture?accepted=maybe", "accepted does not have a valid value: no, yes, all"),
        (f"{RULES}/posture/export?format=pdf", "format does not have a valid value: sarif, csv"),
        (f"{RULES}/posture/export?severty=high", "severty is not supported"),
        (f"{RULES}/reach?direction=both", "direction does not have a valid value: inbound, outbound"),
        (f"{RULES}/reach?sort=name", "sort does not have a valid value: path, -path, recent, unused"),
        (f"{RULES}/reach.csv?search=app", "search is not supported"),
        (f"{RULES}/blast_radius?person=ann", "person does not have a valid value: any, me"),
        (f"{RULES}/blast_radius.dot?depth=9", "depth"),
        (f"{RULES}/refusals?where=there", "where does not have a valid value: here, elsewhere"),
        (f"{HISTORY}?only=tokens", "only does not have a valid value: token_access"),
        (f"{HISTORY}?user=ann", "user is not supported"),
        (f"{RULES}/log?q=app", "q is not supported"),
    ],
)
def test_what_a_page_does_not_filter_by_is_named(cast: Cast, page: Client, address: str, fault: str) -> None:
    answer = page.get(address)
    assert answer.status_code == 400
    assert fault in text(answer)


@pytest.mark.parametrize(
    ("address", "fault"),
    [
        (f"{GROUP}/history?only=token_access", "only is not supported"),
        (f"{GROUP}/history?q={'x' * 300}", "q is"),
        (f"{GROUP}/deviations?mode=open", "mode is not supported"),
    ],
)
def test_pages_of_a_group_name_what_they_do_not_filter_by(cast: Cast, browser: Any, address: str, fault: str) -> None:
    answer = browser(cast.owner).get(address)
    assert answer.status_code == 400
    assert fault in text(answer)


def test_the_widest_access_names_a_mode_that_there_is_not(cast: Cast, browser: Any) -> None:
    answer = browser(cast.admin).get("/-/token_access/widest?mode=closed")
    assert answer.status_code == 400
    assert "mode does not have a valid value: off, open, trial, enforced" in text(answer)


def test_a_review_names_a_choice_that_there_is_not(cast: Cast, page: Client) -> None:
    services.add_entry(cast.library, cast.app, by=cast.owner)
    review = services.start_review(cast.library, by=cast.owner)
    answer = page.get(f"{RULES}/reviews/{review.pk}?decisions=none")
    assert answer.status_code == 400
    assert "decisions does not have a valid value: latest, all" in text(answer)


@pytest.mark.parametrize("address", [f"{RULES}/posture?check=&severity=&accepted=", f"{HISTORY}?only=&q=&page=1"])
def test_an_empty_filter_asks_for_nothing(cast: Cast, page: Client, address: str) -> None:
    assert page.get(address).status_code == 200
