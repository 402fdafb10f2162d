"""How every operation reads its parameters: kinds, faults in GitLab's words, and nothing dropped in silence."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from rest_framework.exceptions import ValidationError

from api.input.faults import parameter_faults
from api.input.fields import Boolean, Choice, Day, Integer, Integers, Moment, NumberChoice, Text, Words
from api.input.nested_form import Repeated
from api.input.parameters import Parameters
from api.rest import ApiError

pytestmark = pytest.mark.pure


class Entry(Parameters):
    key = Text(required=True)
    value = Text(allow_blank=True)


class Sample(Parameters):
    text = Text()
    emptied = Text(allow_blank=True)
    named = Text(refuse_blank=True)
    number = Integer()
    yes = Boolean(source="flag")
    choice = Choice(["a", "b"])
    level = NumberChoice({10: "ten"})
    day = Day(allow_null=True)
    at = Moment()
    words = Words()
    numbers = Integers()
    entries = Entry(many=True, required=False)

    unsupported = {"wiki_enabled": False, "merge_method": "merge", "topic": None}


class TwoNeeded(Parameters):
    name = Text(required=True)
    other = Text(required=True)


class Lenient(Parameters):
    text = Text()
    lenient = "a client sends more"
    unsupported = {"avatar": None}


class OneOf(Parameters):
    a = Text()
    b = Text()
    exactly_one_of = ("a", "b")


def faults(kind: type[Parameters], given: Any) -> str:
    with pytest.raises(ValidationError) as refusal:
        kind.read_values(given)
    return parameter_faults(refusal.value.detail)


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ({}, {}),
        ({"text": " a "}, {"text": " a "}),
        ({"text": 7}, {"text": "7"}),
        ({"text": "", "number": " ", "words": None}, {}),
        ({"emptied": ""}, {"emptied": ""}),
        ({"emptied": None}, {"emptied": ""}),
        ({"day": None}, {"day": None}),
        ({"number": "-5"}, {"number": -5}),
        ({"yes": "TRUE"}, {"flag": True}),
        ({"yes": 0}, {"flag": False}),
        ({"level": "10"}, {"level": "ten"}),
        ({"day": "2024-02-29T23:00:00Z"}, {"day": date(2024, 2, 29)}),
        ({"at": "2024-01-01"}, {"at": datetime(2024, 1, 1, tzinfo=UTC)}),
        ({"at": "2024-01-01T02:00:00 02:00"}, {"at": datetime(2024, 1, 1, tzinfo=UTC)}),
        ({"words": "a, b"}, {"words": ["a", "b"]}),
        ({"words": ["a,b", "c"]}, {"words": ["a", "b", "c"]}),
        ({"words": Repeated(["a", "b"])}, {"words": ["a", "b"]}),
        ({"text": Repeated(["a", "b"])}, {"text": "b"}),
        ({"numbers": [1, "2,3"]}, {"numbers": [1, 2, 3]}),
        ({"entries": [{"key": "A", "value": ""}]}, {"entries": [{"key": "A", "value": ""}]}),
        ({"wiki_enabled": "false", "merge_method": "merge", "topic": ""}, {}),
    ],
)
def test_values_are_read_from_json_and_from_text(given: dict[str, Any], read: dict[str, Any]) -> None:
    assert Sample.read_values(given) == read


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"text": ["a"]}, "text is invalid"),
        ({"text": True}, "text is invalid"),
        ({"text": "a\0"}, "text is invalid"),
        ({"text": "\ud800"}, "text is invalid"),
        ({"named": " "}, "named is empty"),
        ({"number": 1.5}, "number is invalid"),
        ({"number": 2**63}, "number is invalid"),
        ({"number": "٣"}, "number is invalid"),
        ({"yes": "maybe"}, "yes is invalid"),
        ({"choice": "c"}, "choice does not have a valid value"),
        ({"level": 15}, "level does not have a valid value"),
        ({"day": "soon"}, "day is invalid"),
        ({"at": "soon"}, "at is invalid"),
        ({"words": {"a": 1}}, "words is invalid"),
        ({"numbers": ["x"]}, "numbers is invalid"),
        ({"entries": "A"}, "entries is invalid"),
        ({"entries": [{"key": "A"}, {"value": "x"}]}, "entries[1][key] is missing"),
        ({"entries": [{"key": "A", "kind": "file"}]}, "entries[0][kind] is not supported"),
        ({"text": [1], "choice": "c"}, "text is invalid, choice does not have a valid value"),
        ({"wiki_enabled": True}, "wiki_enabled is not supported"),
        ({"merge_method": "ff"}, "merge_method is not supported"),
        ({"topic": "x"}, "topic is not supported"),
        ({"unheard_of": "x"}, "unheard_of is not supported"),
        ({"unheard_of": ""}, "unheard_of is not supported"),
        ({"unheard_of": {"a": 1}}, "unheard_of is not supported"),
        ({"unheard_of": ["a"]}, "unheard_of is not supported"),
        ({"sudo": "root"}, "sudo is not supported"),
    ],
)
def test_faults_are_named_in_gitlabs_words(given: dict[str, Any], words: str) -> None:
    assert faults(Sample, given) == words


def test_all_that_is_missing_is_named_at_once_with_all_that_is_unknown() -> None:
    assert faults(TwoNeeded, {}) == "name is missing, other is missing"
    given = {"unheard_of": "1", "name": "n", "unseen": 2}
    assert faults(TwoNeeded, given) == "unheard_of is not supported, unseen is not supported, other is missing"


def test_what_clients_send_to_any_address_is_taken() -> None:
    assert Sample.read_values({"private_token": "x", "job_token": "x", "page": "1", "per_page": "100"}) == {}


def test_where_a_client_sends_more_what_is_unknown_is_ignored_but_not_what_gitlab_has() -> None:
    assert Lenient.read_values({"text": "a", "unheard_of": "x", "more": {"a": [1]}}) == {"text": "a"}
    assert faults(Lenient, {"avatar": "x"}) == "avatar is not supported"
    assert faults(Lenient, {"sudo": "root"}) == "sudo is not supported"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "a, b are missing, exactly one parameter must be provided"),
        ({"a": "1", "b": "2"}, "a, b are mutually exclusive"),
    ],
)
def test_groups_of_parameters_are_judged_together(given: dict[str, Any], words: str) -> None:
    with pytest.raises(ApiError) as refusal:
        OneOf.read_values(given)
    assert refusal.value.body == {"error": words}
