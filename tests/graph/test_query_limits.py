"""What one GraphQL document may ask for, and how quickly a document beyond that is refused."""

from __future__ import annotations

import time

import pytest
from graphql import get_introspection_query

from graph.query_limits import MAX_ALIASES, MAX_DEPTH, MAX_FIELDS, MAX_TOKENS

pytestmark = pytest.mark.once

AT_ONCE = 2.0  # seconds of the processor


def chain_of_doubling_fragments(length: int, last: str, on: str = "Query") -> str:
    """`length` fragments that each spread the next one twice: `last` 2**length times."""
    doubling = [f"fragment F{n} on {on} {{ ...F{n + 1} ...F{n + 1} }}" for n in range(length)]
    return " ".join(["{ ...F0 }", *doubling, f"fragment F{length} on {on} {{ {last} }}"])


@pytest.mark.parametrize(
    ("query", "message"),
    [
        pytest.param(chain_of_doubling_fragments(30, "__typename"), "fields, fragments expanded", id="doubling"),
        pytest.param(
            chain_of_doubling_fragments(3, "a: __typename b: __typename c: __typename"), "24 aliases", id="aliases"
        ),
        pytest.param(chain_of_doubling_fragments(30, "...F0"), 'spread fragment "F0" within itself', id="circle"),
        pytest.param(
            "{ ...A } fragment A on Query { ...B ...B } fragment B on Query { ...A ...A }", "within itself", id="two"
        ),
        pytest.param("{ __typename } " + chain_of_doubling_fragments(30, "a")[10:], "fields, fragments", id="unused"),
        pytest.param(
            "{ " + "currentUser { id } " * (MAX_FIELDS // 2 + 1) + "}", "fields, fragments expanded", id="same"
        ),
        pytest.param("{ " + "nothing " * (MAX_FIELDS + 1) + "}", "fields, fragments expanded", id="unknown"),
        pytest.param("{ " + "... { " * 60 + "__typename" + " }" * 60 + " }", "levels of nesting", id="inline"),
        pytest.param(
            "{ ...F0 } " + " ".join(f"fragment F{n} on Query {{ ...F{n + 1} }}" for n in range(200)),
            "levels of nesting",
            id="long chain",
        ),
        pytest.param("{ " + "a { " * 900 + "a" + " }" * 900 + " }", "nested too deeply", id="deep"),
        pytest.param("{ " + "currentUser { id } " * MAX_TOKENS + "}", f"more than {MAX_TOKENS} tokens", id="tokens"),
        pytest.param("{ currentUser { id " + "@skip(if: true) " * 400 + "} }", "tokens", id="directives"),
        pytest.param("#\n" * 50_000 + "{ __typename }", "tokens", id="comments"),
    ],
)
def test_a_costly_document_is_refused_at_once_with_the_limit_that_it_exceeds(db: None, graph, query: str, message: str):
    start = time.process_time()
    answer = graph().send(query)
    assert time.process_time() - start < AT_ONCE
    assert answer.status_code == 400
    assert answer.json()["data"] is None
    assert message in answer.json()["errors"][0]["message"]


def test_the_depth_of_a_query_is_bounded(db: None, graph):
    query = "id"
    for _ in range(MAX_DEPTH):
        query = f"group {{ projects {{ nodes {{ {query} }} }} }}"
    answer = graph().send(f'{{ project(fullPath: "a") {{ {query} }} }}')
    assert answer.status_code == 400
    assert f"at most {MAX_DEPTH}" in answer.json()["errors"][0]["message"]
    assert "depth" in answer.json()["errors"][0]["message"]


def test_the_depth_counts_fields_in_fragments(db: None, graph):
    levels = MAX_DEPTH // 3 + 1
    inner = "".join(
        f"fragment F{n} on Project {{ group {{ projects {{ nodes {{ ...F{n + 1} }} }} }} }} " for n in range(levels)
    )
    query = f'{{ project(fullPath: "a") {{ ...F0 }} }} {inner} fragment F{levels} on Project {{ id }}'
    assert "depth" in graph().errors(query)[0]


def test_the_number_of_aliases_is_bounded(db: None, graph):
    many = " ".join(f"a{number}: currentUser {{ id }}" for number in range(MAX_ALIASES + 1))
    assert "aliases" in graph().errors(f"{{ {many} }}")[0]


def test_as_many_aliases_as_allowed_are_answered(db: None, graph):
    many = " ".join(f"a{number}: __typename" for number in range(MAX_ALIASES))
    assert len(graph().ask(f"{{ {many} }}")) == MAX_ALIASES


def test_a_fragment_may_be_spread_many_times_within_the_limit(db: None, graph):
    assert graph().ask(chain_of_doubling_fragments(7, "__typename")) == {"__typename": "Query"}


@pytest.mark.parametrize("options", [{}, {"input_value_deprecation": True, "specified_by_url": True, "one_of": False}])
def test_the_introspection_query_of_clients_is_answered(db: None, graph, options: dict[str, bool]):
    assert graph().ask(get_introspection_query(**options))["__schema"]["queryType"]["name"] == "Query"


def test_introspection_that_multiplies_itself_is_refused(db: None, graph):
    inner = "name"
    for _ in range(4):
        inner = f"fields {{ type {{ {inner} }} }}"
    assert "introspection depth" in graph().errors(f"{{ __schema {{ types {{ {inner} }} }} }}")[0]
