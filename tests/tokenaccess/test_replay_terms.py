"""Replay of one entry with its terms by REST: permissions, conditions and an end, on a project's list and a group's."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from projects.models import Group, Project
from tests.factories.cast import Cast
from tests.factories.people import token_for
from tests.support.client import Api
from tokenaccess.allowlist.find_entry import inbound_entries
from tokenaccess.allowlist.services.any_list import add_to_list

SOON = "2999-01-01"


class Place(NamedTuple):
    """A list, and what asks about changes of the entry for `acme/app` on it."""

    holder: Project | Group
    api: Api

    def replay(self, **change: Any) -> Any:
        address = f"/token_access/{self.holder.kind}s/{self.holder.pk}/replay"
        return self.api.post(address, {"target": "acme/app", **change})

    def paths(self, word: str, **change: Any) -> list[str]:
        answer = self.replay(**change)
        assert answer.status_code == 200, answer.content
        return [row["project_path"] for row in answer.json()[word]]


@pytest.fixture(params=["library", "acme"])
def place(request: Any, cast: Cast) -> Place:
    return Place(getattr(cast, request.param), Api(token=token_for(cast.owner)))


def use(cast: Cast) -> int:
    return int(Api(job=cast.job_token(cast.app)).get(f"/projects/{cast.library.pk}/releases").status_code)


def test_an_entry_is_asked_about_with_its_conditions_before_it_is_added(cast: Cast, place: Place) -> None:
    assert use(cast) == 404
    assert place.paths("admitted", change="add", expires_at=SOON) == ["acme/app"]
    assert place.paths("admitted", change="add", conditions={"branches": ["nothing"]}) == []
    assert place.paths("admitted", change="add", permissions=["read_packages"], expires_at=SOON) == []
    assert not inbound_entries(place.holder).exists()


def test_an_entry_is_asked_about_with_other_terms_before_they_are_saved(cast: Cast, place: Place) -> None:
    add_to_list(place.holder, cast.app, by=cast.owner)
    assert use(cast) == 200
    assert place.paths("refused", change="entry", conditions={"branches": ["nothing"]}) == ["acme/app"]
    assert place.paths("refused", change="entry", permissions=["read_packages"], expires_at=None) == ["acme/app"]
    assert place.paths("refused", change="entry", expires_at=SOON, conditions={}) == []
    assert place.paths("refused", change="entry", permissions=["read_releases"], expires_at=SOON) == []
    entry = inbound_entries(place.holder).get()
    assert (entry.default_permissions, entry.conditions, entry.expires_at) == (True, {}, None)


def test_what_the_entry_says_and_the_question_does_not_stays(cast: Cast, place: Place) -> None:
    add_to_list(place.holder, cast.app, by=cast.owner, default_permissions=False, permissions=["read_packages"])
    assert use(cast) == 403
    assert place.paths("admitted", change="entry", expires_at=SOON) == []
    assert place.paths("admitted", change="entry", default_permissions=True) == ["acme/app"]


def test_terms_that_cannot_be_saved_are_refused_as_saving_refuses_them(cast: Cast, place: Place) -> None:
    add_to_list(place.holder, cast.app, by=cast.owner)
    for sent, words in (
        ({"change": "entry"}, "permissions, default_permissions, conditions, expires_at are missing"),
        ({"change": "entry", "conditions": {"colour": ["red"]}}, "conditions: colour is not known"),
        ({"change": "entry", "expires_at": "2020-01-01"}, "expires_at must be a day to come"),
        ({"change": "entry", "expires_at": "tomorrow"}, "expires_at"),
        ({"change": "remove", "expires_at": SOON}, "expires_at is not for the change remove"),
    ):
        answer = place.replay(**sent)
        assert (answer.status_code, words in answer.content.decode()) == (400, True), answer.content
    assert place.replay(change="entry", target="acme/none", expires_at=SOON).status_code == 404
