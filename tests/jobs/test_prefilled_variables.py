"""Variables that the CI file describes, on the form of a new pipeline."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from jobs.models import Pipeline
from tests.factories import runners
from tests.factories.cast import Cast

AT = "/acme/app/-/pipelines/new"
OFFERED = """
variables:
  WHERE: {value: staging, options: [staging, production], description: Where <it> goes}
  NOTE: {value: "two\\nlines", description: For the log}
  PLAIN: untold
job: {script: [x]}
"""


@pytest.fixture
def client(cast: Cast) -> Client:
    runners.push_file(cast.app, OFFERED)
    client = Client()
    client.force_login(cast.developer)
    return client


def text(answer: Any) -> str:
    return str(answer.content.decode())


def given_variables() -> dict[str, str]:
    return {one["key"]: one["value"] for one in Pipeline.objects.get().variables}


def test_the_form_shows_what_the_file_offers(client: Client) -> None:
    shown = text(client.get(AT))
    assert "Where &lt;it&gt; goes" in shown
    assert '<option value="production">' in shown
    assert '<option value="staging" selected>' in shown
    assert "two\nlines</textarea>" in shown
    assert "PLAIN" not in shown


def test_what_is_changed_goes_with_the_pipeline_and_the_rest_stays_the_files(client: Client) -> None:
    answer = client.post(AT, {"ref": "main", "file_WHERE": "production", "file_NOTE": "two\r\nlines", "variables": ""})
    assert answer.status_code == 302
    assert given_variables() == {"WHERE": "production"}


def test_lines_count_more_and_a_value_may_be_emptied(client: Client, cast: Cast) -> None:
    client.post(AT, {"ref": "main", "file_WHERE": "production", "file_NOTE": "", "variables": "WHERE=elsewhere"})
    assert given_variables() == {"WHERE": "elsewhere", "NOTE": ""}
    assert runners.runner(cast.app).work().variables["WHERE"] == "elsewhere"


def test_a_form_without_these_fields_starts_the_pipeline_all_the_same(client: Client) -> None:
    assert client.post(AT, {"ref": "main", "file_WHERE": "staging", "variables": ""}).status_code == 302
    assert given_variables() == {}


def test_what_is_no_option_is_refused(client: Client) -> None:
    answer = client.post(AT, {"ref": "main", "file_WHERE": "moon", "file_NOTE": "", "variables": ""})
    assert answer.status_code == 422
    assert not Pipeline.objects.exists()


def test_another_branch_is_looked_at_without_starting_anything(client: Client, cast: Cast) -> None:
    runners.push_file(cast.app, "variables: {WHY: {description: A reason}}\njob: {script: [x]}", branch="next")
    assert "A reason" in text(client.get(f"{AT}?ref=next"))
    shown = text(client.post(AT, {"ref": "next", "look": "1", "variables": "A=1"}))
    assert "A reason" in shown
    assert "Where" not in shown
    assert "A=1" in shown
    assert '<option value="next" selected>' in shown
    assert not Pipeline.objects.exists()
    assert "Where" in text(client.get(f"{AT}?ref=nowhere"))


@pytest.mark.one_case
@pytest.mark.parametrize(
    "file", ["job: [", "job: {script: x, secrets: {}}", "workflow: {rules: [{if: $NO}]}\njob: {script: x}"]
)
def test_a_file_that_cannot_be_used_offers_nothing(client: Client, cast: Cast, file: str) -> None:
    runners.push_file(cast.app, file)
    assert "Variables of the CI file" not in text(client.get(AT))


def test_a_project_without_a_commit_has_a_form(cast: Cast) -> None:
    client = Client()
    client.force_login(cast.developer)
    assert client.get(AT).status_code == 200
