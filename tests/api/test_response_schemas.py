"""The answers of the whole test suite fit the API's description; here, that a wrong one would fail."""

from __future__ import annotations

import pytest

from tests.factories.cast import Cast
from tests.support.response_schema import misfit

pytestmark = pytest.mark.once
VERSION = "/api/v4/version"
PROJECTS = "/api/v4/projects"


def test_an_answer_that_fits_its_schema_is_no_misfit():
    assert misfit("GET", VERSION, 200, {"version": "19.4.0", "revision": "abc"}) == ""


def test_a_value_of_the_wrong_type_is_a_misfit():
    assert "['version']" in misfit("GET", VERSION, 200, {"version": 19, "revision": "abc"})


def test_a_missing_key_is_a_misfit():
    assert "revision" in misfit("GET", VERSION, 200, {"version": "19.4.0"})


def test_a_key_that_is_not_declared_is_a_misfit():
    assert "extra" in misfit("GET", VERSION, 200, {"version": "19.4.0", "revision": "abc", "extra": 1})


def test_a_fault_deep_in_a_list_is_a_misfit():
    assert "[0, 'id']" in misfit("GET", "/api/v4/projects/{project}/triggers", 200, [{"id": "1"}])


def test_one_thing_where_a_list_is_declared_is_a_misfit():
    assert misfit("GET", PROJECTS, 200, {})


def test_a_status_that_is_not_declared_is_a_misfit():
    assert "not described" in misfit("GET", VERSION, 202, {"version": "19.4.0", "revision": "abc"})


def test_a_body_where_none_is_declared_is_a_misfit():
    assert misfit("DELETE", "/api/v4/projects/{project}/triggers/{trigger}", 204, {"message": "204 No Content"})


def test_an_error_in_words_of_its_own_is_a_misfit():
    assert misfit("GET", PROJECTS, 418, {"detail": "Not found."})
    assert misfit("GET", "/api/v4/nothing", 404, {"detail": "Not found."})


def test_the_clients_of_the_tests_fail_on_a_misfit(cast: Cast, api, client, settings):
    settings.API_REVISION = 7
    with pytest.raises(AssertionError, match=r"GET /api/v4/version → 200 does not fit its schema: \['revision'\]"):
        api(cast.developer).get("/version")
    with pytest.raises(AssertionError, match=r"\['revision'\]"):
        client.get(VERSION, headers=api(cast.developer).headers)
