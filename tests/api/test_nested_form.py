"""Parameter names with brackets, read as GitLab documents arrays and maps."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from rest_framework.exceptions import ValidationError

from api.input.form_parsers import query_pairs
from api.input.nested_form import MAX_DEPTH, nest

pytestmark = pytest.mark.pure


@pytest.mark.parametrize(
    ("form", "meaning"),
    [
        ("a=1&b=", {"a": "1", "b": ""}),
        ("scope[]=a&scope[]=b", {"scope": ["a", "b"]}),
        ("v[A]=1&v[B]=2", {"v": {"A": "1", "B": "2"}}),
        ("filter[environment_scope]=*", {"filter": {"environment_scope": "*"}}),
        ("a[b][c]=1&a[b][d]=2", {"a": {"b": {"c": "1", "d": "2"}}}),
        ("v[][key]=A&v[][value]=1", {"v": [{"key": "A", "value": "1"}]}),
        (
            "v[][key]=A&v[][value]=1&v[][key]=B&v[][value]=2",
            {"v": [{"key": "A", "value": "1"}, {"key": "B", "value": "2"}]},
        ),
        ("v[][key]=A&v[][kind]=file&v[][key]=B", {"v": [{"key": "A", "kind": "file"}, {"key": "B"}]}),
        ("v[][tags][]=x&v[][tags][]=y", {"v": [{"tags": ["x", "y"]}]}),
        ("v[][at][x]=1&v[][at][y]=2&v[][at][x]=3", {"v": [{"at": {"x": "1", "y": "2"}}, {"at": {"x": "3"}}]}),
        ("a[b=1&]=2", {"a[b": "1", "]": "2"}),
        ("", {}),
    ],
)
def test_brackets_make_arrays_and_maps_also_when_they_are_encoded(form: str, meaning: dict[str, Any]) -> None:
    assert nest(query_pairs(form)) == meaning
    assert nest(query_pairs(quote(form, safe="=&"))) == meaning


def test_a_plain_name_given_twice_keeps_both_values() -> None:
    assert nest(query_pairs("a=1&a=2&a=3")) == {"a": ["1", "2", "3"]}


@pytest.mark.parametrize(
    "form",
    ["a=1&a[b]=2", "a[b]=1&a=2", "a[]=1&a[b]=2", "a[b]=1&a[]=2", "a[][]=1", "a" + "[b]" * (MAX_DEPTH + 1) + "=1"],
)
def test_one_name_for_two_kinds_of_thing_is_refused_by_that_name(form: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        nest(query_pairs(form))
    assert list(refusal.value.detail) == ["a"]
