"""Protected repositories: who may still push and delete, by whichever way; their page and API."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from resources.containers import protection
from resources.containers.models import ContainerRepository, ImageProtection
from tests.containers import events
from tests.containers.events import push
from tests.containers.test_token_server import as_job, as_person, granted_actions
from tests.factories.cast import Cast
from tokenaccess.models import RefusalRecord
from tokenaccess.policy.levels import Role

PATH = "acme/library/release"
EVERYTHING = f"repository:{PATH}:pull,push,delete,*"
PAGE = "/acme/library/-/container_registry/protection"


def protect(cast: Cast, push_level: int = Role.MAINTAINER, delete_level: int = Role.OWNER, pattern: str = PATH) -> None:
    protection.protect(
        cast.library, pattern=pattern, push_level=push_level, delete_level=delete_level, by=cast.maintainer
    )


def rules(cast: Cast, rest: str = "") -> str:
    return f"/projects/{cast.library.pk}/registry/protection/repository/rules{rest}"


def test_a_protection_asks_for_its_roles(cast: Cast):
    protect(cast)
    assert granted_actions(as_person(cast.developer, EVERYTHING)) == {PATH: ["pull"]}
    assert granted_actions(as_person(cast.maintainer, EVERYTHING)) == {PATH: ["pull", "push"]}
    assert granted_actions(as_person(cast.owner, EVERYTHING)) == {PATH: ["pull", "push", "delete", "*"]}
    assert granted_actions(as_person(cast.developer, EVERYTHING.replace("release", "other"))) == {
        "acme/library/other": ["pull", "push"]
    }


def test_a_job_is_judged_by_its_persons_role_and_the_refusal_is_counted(cast: Cast):
    protect(cast, pattern="acme/library/rel*")
    assert granted_actions(as_job(cast.job_token(cast.library), EVERYTHING)) == {PATH: ["pull"]}
    assert "it takes maintainer" in RefusalRecord.objects.get(action="push container images").sentence
    assert granted_actions(as_job(cast.job_token(cast.library, cast.maintainer), EVERYTHING)) == {
        PATH: ["pull", "push"]
    }


def test_of_several_protections_each_counts_and_none_lowers_a_role(cast: Cast):
    protect(cast, 0, Role.MAINTAINER)
    assert granted_actions(as_person(cast.reporter, EVERYTHING)) == {PATH: ["pull"]}
    assert granted_actions(as_person(cast.developer, EVERYTHING)) == {PATH: ["pull", "push"]}
    protect(cast, Role.OWNER, 0, "acme/library*")
    assert granted_actions(as_person(cast.maintainer, EVERYTHING)) == {PATH: ["pull", "delete"]}


def test_the_api_and_the_pages_delete_no_more_than_the_protection_allows(cast: Cast, api: Any):
    row = ContainerRepository.objects.create(project=cast.library, path=PATH, name="release")
    events.send(push(PATH, "1.0"))
    protect(cast)
    at, browser = f"/projects/{cast.library.pk}/registry/repositories/{row.pk}", Client()
    browser.force_login(cast.maintainer)
    page = f"/acme/library/-/container_registry/{row.pk}"
    for rest in ("", "/tags?name_regex_delete=.*", "/tags/1.0"):
        assert api(cast.maintainer).delete(at + rest).status_code == 403
    for rest in ("/delete", "/tags/1.0/delete"):
        assert browser.get(page + rest).status_code == browser.post(page + rest).status_code == 403
    row.refresh_from_db()
    assert (row.status, row.cleanup) == ("", None)
    assert api(cast.owner).delete(at).status_code == 202


# --- The page ---------------------------------------------------------------------------------------------------------


def test_maintainers_protect_and_unprotect_on_a_page(cast: Cast):
    browser = Client()
    browser.force_login(cast.maintainer)
    assert "No repository is protected." in browser.get(PAGE).content.decode()
    given = {"pattern": PATH, "push_level": 40, "delete_level": 50}
    assert browser.post(PAGE, given)["Location"] == PAGE
    again = browser.post(PAGE, given)
    assert again.status_code == 422
    assert "has already been taken" in again.content.decode()
    made = ImageProtection.objects.get()
    words = browser.get(PAGE).content.decode()
    assert PATH in words.replace("<wbr>", "")
    assert "Owners" in words
    assert f"Unprotect {PATH}?" in browser.get(f"{PAGE}/{made.pk}/remove").content.decode()
    assert browser.post(f"{PAGE}/{made.pk}/remove").status_code == 302
    assert not ImageProtection.objects.exists()


def test_developers_do_not_get_to_the_page(cast: Cast):
    browser = Client()
    browser.force_login(cast.developer)
    assert browser.get(PAGE).status_code == browser.post(PAGE).status_code == 403


# --- The API ----------------------------------------------------------------------------------------------------------


def test_the_api_makes_changes_and_removes_protections(cast: Cast, api: Any):
    mine = api(cast.maintainer)
    fields = {"repository_path_pattern": PATH, "minimum_access_level_for_push": "maintainer"}
    made = mine.post(rules(cast), fields)
    assert made.status_code == 201
    rule = made.json()["id"]
    assert made.json() == {
        **fields, "id": rule, "project_id": cast.library.pk, "minimum_access_level_for_delete": None
    }  # fmt: skip
    changed = mine.patch(
        rules(cast, f"/{rule}"), {"minimum_access_level_for_delete": "owner", "minimum_access_level_for_push": ""}
    )
    assert changed.json()["minimum_access_level_for_push"] is None
    assert [row["minimum_access_level_for_delete"] for row in mine.get(rules(cast)).json()] == ["owner"]
    assert mine.delete(rules(cast, f"/{rule}")).status_code == 204
    assert mine.delete(rules(cast, f"/{rule}")).status_code == 404


@pytest.mark.one_case
@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({}, 400),
        ({"repository_path_pattern": PATH}, 422),
        ({"repository_path_pattern": PATH, "minimum_access_level_for_push": "guest"}, 400),
        ({"repository_path_pattern": PATH, "minimum_access_level_for_push": "owner", "tag": "v*"}, 400),
        ({"repository_path_pattern": "acme/app", "minimum_access_level_for_push": "owner"}, 422),
        ({"repository_path_pattern": "acme/library-two", "minimum_access_level_for_push": "owner"}, 422),
        ({"repository_path_pattern": "acme/library/ä", "minimum_access_level_for_push": "owner"}, 422),
        ({"repository_path_pattern": "acme/library//x", "minimum_access_level_for_push": "owner"}, 422),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(cast: Cast, api: Any, fields: dict[str, str], status: int):
    assert api(cast.maintainer).post(rules(cast), fields).status_code == status
    assert not ImageProtection.objects.exists()


def test_only_maintainers_see_the_rules_and_no_job_does(cast: Cast, api: Any):
    assert api(cast.developer).get(rules(cast)).status_code == 403
    assert api(job=cast.job_token(cast.library, cast.owner)).get(rules(cast)).status_code == 401  # ignored
