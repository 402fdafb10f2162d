"""The description of the API for machines, and the page to read it on."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import call_command

from portal.api import openapi, reference
from portal.api.reference_fields import body_fields
from tokenaccess.adapters.endpoints import endpoints

pytestmark = pytest.mark.once
PACKAGE = "/api/v4/projects/{project}/packages/generic/{package_name}/{package_version}/{file_name}"


@pytest.fixture(scope="module")
def document():
    return openapi.document()


def test_the_openapi_schema_is_generated_without_a_warning(tmp_path, capsys):
    file = tmp_path / "schema.yaml"
    call_command("spectacular", "--file", str(file), "--fail-on-warn", "--validate")
    assert file.read_text().startswith("openapi: 3.")
    assert "warning" not in capsys.readouterr().err.lower()


def test_the_openapi_schema_is_served_to_anyone(db, client, document):
    answer = client.get("/api/schema/")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")
    assert answer.json() == json.loads(json.dumps(document))


def test_every_endpoint_of_the_api_is_in_the_schema_with_each_method(document):
    missing = []
    for endpoint in endpoints():
        path = re.sub(r"<(?:[^:>]+:)?([^>]+)>", r"{\1}", endpoint.route)
        if path.startswith("/api/v4/") and not endpoint.public:
            methods = {method.lower() for method in endpoint.methods}
            missing += [f"{one} {path}" for one in methods - set(document["paths"].get(path, {}))]
    assert not missing


def test_every_operation_describes_what_it_answers(document):
    silent = []
    for path, method, operation in operations(document):
        done = {status: answer for status, answer in operation["responses"].items() if status[0] in "235"}
        if not done or any(
            "content" not in answer for status, answer in done.items() if status not in {"204", "302", "304"}
        ):
            silent.append(f"{method} {path}: {sorted(done)}")
    assert not silent


def test_every_schema_says_what_is_in_it(document):
    """No bare object, no array of anything, no value of any kind."""
    bare = [where for where, schema in schemas(document) if is_bare(schema)]
    assert not bare


def test_no_body_as_a_whole_is_left_open_even_with_a_reason(document):
    """Nor is a body of JSON a file."""
    open_bodies = [
        f"{method} {path}: {kind}"
        for path, method, operation in operations(document)
        for part in [operation.get("requestBody", {}), *operation["responses"].values()]
        for kind, content in part.get("content", {}).items()
        if "x-free-form" in content["schema"]
        or content["schema"].get("maxProperties") == 0
        or (kind.endswith("json") and content["schema"].get("format") == "binary")
    ]
    assert not open_bodies


@pytest.mark.parametrize(
    "schema",
    [
        {},
        {"description": "Anything"},
        {"type": "object"},
        {"type": ["object", "null"]},
        {"type": "object", "additionalProperties": True},
        {"type": "array"},
    ],
)
def test_a_bare_schema_would_be_found_wherever_it_is(schema):
    body = {"type": "object", "properties": {"a": {"oneOf": [{"type": "null"}, {"type": "array", "items": schema}]}}}
    described = {"paths": {"/a": {"get": {"responses": {"200": {"content": {"application/json": {"schema": body}}}}}}}}
    assert [where for where, schema in schemas(described) if is_bare(schema)]


def operations(document: Any) -> Iterator[tuple[str, str, Any]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def schemas(document: Any) -> Iterator[tuple[str, Any]]:
    """Every schema of the document, also inside others, with where it is."""
    for name, component in document.get("components", {}).get("schemas", {}).items():
        yield from within(component, name)
    for path, method, operation in operations(document):
        for parameter in operation.get("parameters", ()):
            yield from within(parameter["schema"], f"{method} {path} {parameter['name']}")
        for answer in [operation.get("requestBody", {}), *operation["responses"].values()]:
            for content in answer.get("content", {}).values():
                yield from within(content["schema"], f"{method} {path}")


def within(schema: Any, where: str) -> Iterator[tuple[str, Any]]:
    yield where, schema
    for name, inner in schema.get("properties", {}).items():
        yield from within(inner, f"{where}.{name}")
    for word in ("items", "additionalProperties"):
        if isinstance(schema.get(word), dict):
            yield from within(schema[word], f"{where}[]")
    for word in ("oneOf", "anyOf", "allOf"):
        for inner in schema.get(word, ()):
            yield from within(inner, where)


def is_bare(schema: Any) -> bool:
    """Whether it leaves open what is in it. What is free in form says why: `x-free-form: <reason>`."""
    if schema.get("x-free-form") or {"$ref", "oneOf", "anyOf", "allOf", "enum", "const"} & set(schema):
        return False
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    bare_object = "object" in kinds and not schema.get("properties") and schema.get("maxProperties") != 0
    bare_array = "array" in kinds and "items" not in schema and schema.get("maxItems") != 0
    return not kinds or (bare_object and not isinstance(schema.get("additionalProperties"), dict)) or bare_array


def test_an_operation_says_what_it_does_and_what_it_takes(document):
    operation = document["paths"][PACKAGE]["get"]
    assert operation["summary"] == "Read packages"
    assert "Takes the role Reporter or more" in operation["description"]
    assert "must grant read_packages" in operation["description"]
    assert "Accepts a job token." in operation["description"]
    assert {"job": []} in operation["security"]
    assert {"401", "403", "404"} <= set(operation["responses"])
    (project,) = (one for one in operation["parameters"] if one["name"] == "project")
    assert "full path" in project["description"]


def test_routes_that_ignore_job_tokens_do_not_name_them(document):
    operation = document["paths"]["/api/v4/projects/{project}"]["delete"]
    assert {"job": []} not in operation["security"]
    assert "Ignores job tokens." in operation["description"]


def test_a_number_in_an_address_is_an_integer(document):
    (job,) = (
        one
        for one in document["paths"]["/api/v4/projects/{project}/jobs/{job}"]["get"]["parameters"]
        if one["name"] == "job"
    )
    assert job["schema"] == {"type": "integer"}


def test_operations_have_names_of_their_own(document):
    names = [operation["operationId"] for path in document["paths"].values() for operation in path.values()]
    assert len(names) == len(set(names))


def test_the_page_is_under_the_policy_of_all_pages(db, client):
    answer = client.get("/api/schema/ui/")
    assert answer.status_code == 200
    assert "script-src 'self'" in answer["Content-Security-Policy"]
    assert "<style" not in answer.content.decode()
    assert not re.search(r"<script(?![^>]*\bsrc=)", answer.content.decode())


def test_the_page_leads_to_every_operation(db, client):
    start = client.get("/api/schema/ui/").content.decode()
    for tag, count in reference.tags().items():
        assert f'href="?tag={tag}"' in start
        assert client.get("/api/schema/ui/", {"tag": tag}).context["page"].paginator.count == count
    assert sum(reference.tags().values()) == len(reference.operations())


def test_the_page_of_an_operation_says_what_it_takes_and_answers(db, client):
    page = client.get("/api/schema/ui/", {"q": "post /secure_files"}).content.decode()
    for words in ("<code>name</code>", "Takes the role Maintainer or more.", "checksum_algorithm", "Response 201"):
        assert words in page
    assert "&lt;code&gt;" not in page


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("download secure_files", {"get_projects_project_secure_files_secure_file_id_download"}),
        ("DOWNLOAD SECURE_FILES", {"get_projects_project_secure_files_secure_file_id_download"}),
        ("download nothing-of-the-kind", set()),
    ],
)
def test_every_word_of_a_search_must_occur(q, found):
    assert {operation.id for operation in reference.search_operations(q, "")} == found


@pytest.mark.parametrize(
    ("operation", "words"),
    [
        ("get_projects_project_secure_files", 'curl --header "PRIVATE-TOKEN: $TOKEN"'),
        ("post_projects_project_secure_files", '--form "file=@FILE"'),
        ("put_jobs_job_id", 'curl --request PUT --header "JOB-TOKEN: $CI_JOB_TOKEN" --json'),
        ("post_jobs_request", '--header "RUNNER-TOKEN: $RUNNER_TOKEN" --json'),
        ("get_job", 'curl --header "JOB-TOKEN: $CI_JOB_TOKEN"'),
        ("post_applications", '"name": "NAME"'),
    ],
)
def test_a_command_has_the_credential_and_the_body_that_the_operation_takes(operation, words):
    (found,) = (one for one in reference.operations() if one.id == operation)
    assert words in found.command


def test_fields_of_a_body_are_named_with_those_they_lie_in():
    leaf = {"type": "object", "properties": {"id": {"type": ["integer", "null"]}}, "required": ["id"]}
    body = {"type": "array", "items": {"type": "object", "properties": {
        "owners": {"type": "array", "items": {"$ref": "#/components/schemas/Leaf"}}, "by": {"oneOf": [leaf]},
    }}}  # fmt: skip
    fields = {field.name: field.type for field in body_fields(body, {"Leaf": leaf})}
    assert fields == {
        "owners": "array of object", "owners[].id": "integer or null", "by": "object", "by.id": "integer or null"
    }  # fmt: skip
