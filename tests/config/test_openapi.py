"""The description of the API for machines, and the page to read it on."""

from __future__ import annotations

import re

import pytest
from django.core.management import call_command
from drf_spectacular.validation import validate_schema

from config import openapi
from tokenaccess.endpoints import endpoints

pytestmark = pytest.mark.once
PACKAGE = "/api/v4/projects/{project}/packages/generic/{package_name}/{package_version}/{file_name}"


@pytest.fixture(scope="module")
def described():
    return openapi.document()


def test_it_is_made_without_a_warning(tmp_path, capsys):
    call_command("spectacular", "--file", str(tmp_path / "schema.yaml"), "--fail-on-warn", "--validate")


def test_it_is_served_to_anyone(db, client):
    answer = client.get("/api/schema/")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")
    validate_schema(answer.json())


def test_every_endpoint_of_the_api_is_in_it_with_each_method(described):
    missing = []
    for endpoint in endpoints():
        path = re.sub(r"<(?:[^:>]+:)?([^>]+)>", r"{\1}", endpoint.route)
        if endpoint.actions and path.startswith("/api/v4/"):
            methods = {method.lower() for method in endpoint.actions}
            missing += [f"{one} {path}" for one in methods - set(described["paths"].get(path, {}))]
    assert not missing


def test_an_operation_says_what_it_does_and_what_it_takes(described):
    operation = described["paths"][PACKAGE]["get"]
    assert operation["summary"] == "Read packages"
    assert "Takes the role Reporter or more" in operation["description"]
    assert "must grant read_packages" in operation["description"]
    assert "Accepts a job token." in operation["description"]
    assert {"job": []} in operation["security"]
    assert {"401", "403", "404"} <= set(operation["responses"])
    (project,) = (one for one in operation["parameters"] if one["name"] == "project")
    assert "full path" in project["description"]


def test_what_ignores_job_tokens_does_not_name_them(described):
    operation = described["paths"]["/api/v4/projects/{project}"]["delete"]
    assert {"job": []} not in operation["security"]
    assert "Ignores job tokens." in operation["description"]


def test_a_number_in_an_address_is_an_integer(described):
    (job,) = (
        one
        for one in described["paths"]["/api/v4/projects/{project}/jobs/{job}"]["get"]["parameters"]
        if one["name"] == "job"
    )
    assert job["schema"] == {"type": "integer"}


def test_operations_have_names_of_their_own(described):
    names = [operation["operationId"] for path in described["paths"].values() for operation in path.values()]
    assert len(names) == len(set(names))


def test_the_page_is_under_the_policy_of_all_pages(db, client):
    answer = client.get("/api/schema/ui/")
    assert answer.status_code == 200
    assert "script-src 'self'" in answer["Content-Security-Policy"]
    assert "<style" not in answer.content.decode()
    assert not re.search(r"<script(?![^>]*\bsrc=)", answer.content.decode())
