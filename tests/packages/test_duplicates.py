"""Whether a file of a generic package may be published again: a setting of groups (resources.md §2.7)."""

from __future__ import annotations

from typing import Any

import pytest

from audit.models import AuditEvent
from tests.factories import projects
from tests.factories.cast import Cast

CHANGE = """mutation($allowed: Boolean, $path: ID!) {
    updateNamespacePackageSettings(input: {namespacePath: $path, genericDuplicatesAllowed: $allowed}) {
        packageSettings { genericDuplicatesAllowed } errors } }"""
SHOW = """{ group(fullPath: "acme") { packageSettings { genericDuplicatesAllowed } } }"""
FILE = "packages/generic/tool/1.0/tool.tgz"


@pytest.fixture
def change(cast: Cast, api: Any) -> Any:
    def change_as(person: Any, path: str, allowed: bool) -> Any:
        body = {"query": CHANGE, "variables": {"allowed": allowed, "path": path}}
        return api(person).post("/api/graphql", body).json()["data"]["updateNamespacePackageSettings"]

    return change_as


def put(api: Any, cast: Cast, project: Any, file: str = FILE) -> Any:
    return api(cast.owner).put(f"/projects/{project.pk}/{file}", b"words")


def test_a_group_may_forbid_duplicates(cast: Cast, api: Any, change: Any):
    assert put(api, cast, cast.library).status_code == 201
    assert change(cast.owner, "acme", False) == {"packageSettings": {"genericDuplicatesAllowed": False}, "errors": []}
    answer = put(api, cast, cast.library)
    assert answer.status_code == 400
    assert answer.json() == {"message": "400 Bad request - Duplicate package is not allowed"}
    assert put(api, cast, cast.library, FILE.replace("tool.tgz", "other")).status_code == 201
    change(cast.owner, "acme", True)
    assert put(api, cast, cast.library).status_code == 201
    assert AuditEvent.objects.filter(event="package_settings_changed").count() == 2


def test_the_nearest_group_decides(cast: Cast, api: Any, change: Any):
    inner = projects.group("inner", parent=cast.acme, by=cast.owner)
    project = projects.project("deep", group=inner, by=cast.owner)
    change(cast.owner, "acme", False)
    assert [put(api, cast, project).status_code for _ in range(2)] == [201, 400]
    change(cast.owner, "acme/inner", True)
    assert put(api, cast, project).status_code == 201


def test_only_an_owner_of_the_group_changes_its_package_settings(cast: Cast, api: Any, change: Any):
    assert change(cast.maintainer, "acme", False) is None
    body = api(cast.owner).post("/api/graphql", {"query": SHOW}).json()
    assert body["data"]["group"]["packageSettings"] == {"genericDuplicatesAllowed": True}


# --- Maven, exceptions, and the page ----------------------------------------------------------------------------------

PAGE = "/groups/acme/-/settings/packages"
JAR = "packages/maven/com/acme/app/1.0/app-1.0.jar"


@pytest.fixture
def owner(cast: Cast, client: Any) -> Any:
    client.force_login(cast.owner)
    return client


def test_duplicates_of_maven_packages_are_forbidden_on_the_page(cast: Cast, api: Any, owner: Any):
    assert "no settings of its own" in owner.get(PAGE).content.decode()
    assert [put(api, cast, cast.library, JAR).status_code for _ in range(2)] == [200, 200]
    assert "Settings saved." in owner.post(PAGE, {"generic_duplicates_allowed": "on"}, follow=True).content.decode()
    answer = put(api, cast, cast.library, JAR)
    assert answer.json() == {"message": "400 Bad request - Duplicate package is not allowed"}
    assert put(api, cast, cast.library, JAR.replace("app-1.0", "app-1.0-sources")).status_code == 200
    assert [put(api, cast, cast.library, FILE).status_code for _ in range(2)] == [201, 201]


def test_metadata_and_what_the_exception_matches_may_be_published_again(cast: Cast, api: Any, owner: Any):
    owner.post(
        PAGE, {"maven_duplicate_exception_regex": "com/acme/.*", "generic_duplicate_exception_regex": "1[.]0-.*"}
    )
    assert [put(api, cast, cast.library, JAR).status_code for _ in range(2)] == [200, 200]
    other = JAR.replace("com/acme", "org/other")
    assert [put(api, cast, cast.library, other).status_code for _ in range(2)] == [200, 400]
    assert [put(api, cast, cast.library, FILE.replace("/1.0/", "/1.0-dev/")).status_code for _ in range(2)] == [
        201,
        201,
    ]
    for path in ("org/other/app", "org/other/app/1.0-SNAPSHOT"):
        for _ in range(2):
            address = f"/projects/{cast.library.pk}/packages/maven/{path}/maven-metadata.xml"
            assert api(cast.owner).put(address, b"<metadata></metadata>").status_code == 200


def test_a_wrong_exception_is_refused_on_the_page_and_in_graphql(cast: Cast, api: Any, owner: Any):
    answer = owner.post(PAGE, {"maven_duplicate_exception_regex": "("})
    assert (answer.status_code, "Not valid RE2 syntax" in answer.content.decode()) == (422, True)
    change = CHANGE.replace("genericDuplicatesAllowed: $allowed", 'mavenDuplicateExceptionRegex: "("').replace(
        "$allowed: Boolean, ", ""
    )
    body = api(cast.owner).post("/api/graphql", {"query": change, "variables": {"path": "acme"}}).json()
    errors = body["data"]["updateNamespacePackageSettings"]["errors"]
    assert errors == ["maven_duplicate_exception_regex not valid RE2 syntax"]


def test_a_version_of_a_terraform_module_is_published_again_only_where_a_group_says_so(
    cast: Cast, api: Any, owner: Any
):
    module = "packages/terraform/modules/net/aws/1.0.0/file"
    assert [put(api, cast, cast.library, module).status_code for _ in range(2)] == [201, 403]
    owner.post(PAGE, {"terraform_module_duplicate_exception_regex": "net/.*"})
    assert put(api, cast, cast.library, module).status_code == 201
    assert put(api, cast, cast.library, module.replace("1.0.0", "2.0.0")).status_code == 201
    owner.post(PAGE, {})
    assert put(api, cast, cast.library, module).status_code == 403
    owner.post(PAGE, {"terraform_module_duplicates_allowed": "on"})
    assert put(api, cast, cast.library, module).status_code == 201


def test_only_owners_see_the_page(cast: Cast, client: Any):
    client.force_login(cast.developer)
    assert client.get(PAGE).status_code in {403, 404}
