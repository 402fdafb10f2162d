"""Package protection rules: REST, pages, and what they refuse (resources.md §2.6)."""

from __future__ import annotations

from typing import Any

import pytest

from audit.models import AuditEvent
from resources.packages.models import Package, PackageProtectionRule
from tests.factories.cast import Cast
from tests.packages.npm.publications import put as publish_npm
from tests.support.response_schema import CheckedClient
from tokenaccess.policy.levels import Role

FILE = "packages/generic/tool/1.0/tool.tgz"


def rules(project: Any) -> str:
    return f"/projects/{project.pk}/packages/protection/rules"


def protect(cast: Cast, pattern: str = "tool", kind: str = "generic", **roles: int) -> PackageProtectionRule:
    return PackageProtectionRule.objects.create(project=cast.library, kind=kind, name_pattern=pattern, **roles)


# --- REST -------------------------------------------------------------------------------------------------------------


def test_a_maintainer_makes_changes_and_deletes_a_rule(cast: Cast, api: Any):
    client = api(cast.maintainer)
    fields = {"package_name_pattern": "@acme/*", "package_type": "npm", "minimum_access_level_for_push": "maintainer"}
    answer = client.post(rules(cast.library), fields)
    assert answer.status_code == 201
    made = answer.json()
    assert made == {**fields, "id": made["id"], "project_id": cast.library.pk, "minimum_access_level_for_delete": None}
    changes = {"minimum_access_level_for_push": None, "minimum_access_level_for_delete": "owner"}
    changed = client.patch(f"{rules(cast.library)}/{made['id']}", changes)
    assert (changed.status_code, changed.json()) == (200, made | changes)
    assert client.get(rules(cast.library)).json() == [made | changes]
    assert client.delete(f"{rules(cast.library)}/{made['id']}").status_code == 204
    assert client.get(rules(cast.library)).json() == []
    assert AuditEvent.objects.filter(event__startswith="package_").count() == 3


@pytest.mark.one_case
@pytest.mark.parametrize(
    ("changes", "status", "body"),
    [
        ({"package_type": "rpm"}, 400, {"error": "package_type does not have a valid value"}),
        ({"package_name_pattern": ""}, 400, {"error": "package_name_pattern is empty"}),
        ({"access_level_for_delete": "owner"}, 400, {"error": "access_level_for_delete is not supported"}),
        (
            {"minimum_access_level_for_push": "admin"},
            400,
            {"error": "minimum_access_level_for_push does not have a valid value"},
        ),
        (
            {"minimum_access_level_for_push": None},
            400,
            {
                "error": "minimum_access_level_for_push, minimum_access_level_for_delete are missing, "
                "at least one parameter must be provided"
            },
        ),
        ({}, 422, {"message": ["Package name pattern has already been taken"]}),
    ],
)
def test_a_wrong_rule_is_refused(cast: Cast, api: Any, changes: Any, status: int, body: Any):
    protect(cast, "tool", min_push_role=Role.OWNER)
    fields = {"package_name_pattern": "tool", "package_type": "generic", "minimum_access_level_for_push": "owner"}
    answer = api(cast.maintainer).post(rules(cast.library), fields | changes)
    assert (answer.status_code, answer.json()) == (status, body)
    assert PackageProtectionRule.objects.count() == 1


def test_a_rule_is_not_changed_into_none_nor_into_another(cast: Cast, api: Any):
    protect(cast, "other", min_push_role=Role.OWNER)
    rule = protect(cast, "tool", min_push_role=Role.OWNER)
    address = f"{rules(cast.library)}/{rule.pk}"
    assert api(cast.maintainer).patch(address, {"minimum_access_level_for_push": None}).status_code == 422
    assert api(cast.maintainer).patch(address, {"package_name_pattern": "other"}).status_code == 422
    rule.refresh_from_db()
    assert (rule.name_pattern, rule.min_push_role) == ("tool", Role.OWNER)


def test_rules_are_for_maintainers_and_for_no_job(cast: Cast, api: Any):
    rule = protect(cast, min_push_role=Role.OWNER)
    for client, status in ((api(cast.developer), 403), (api(cast.outsider), 404), (api(job=cast.job_token()), 401)):
        assert client.get(rules(cast.library)).status_code == status
        assert client.delete(f"{rules(cast.library)}/{rule.pk}").status_code == status
    for number in ("0", "x", "9" * 40):
        assert api(cast.maintainer).delete(f"{rules(cast.library)}/{number}").status_code == 404
    assert api(cast.maintainer).delete(f"{rules(cast.app)}/{rule.pk}").status_code == 404


# --- What they refuse -------------------------------------------------------------------------------------------------


def test_a_developer_does_not_publish_what_maintainers_protect(cast: Cast, api: Any):
    protect(cast, "to*", min_push_role=Role.MAINTAINER)
    address = f"/projects/{cast.library.pk}/{FILE}"
    for client in (api(cast.developer), api(job=cast.job_token(cast.library))):
        refused = client.put(address, b"x")
        assert (refused.status_code, refused.json()) == (403, {"message": "403 Forbidden - Package protected."})
        assert client.put(address.replace("/tool/", "/another/"), b"x").status_code == 201
    assert api(job=cast.job_token(cast.library, cast.maintainer)).put(address, b"x").status_code == 201


def test_npm_gets_the_error_in_its_own_key(cast: Cast, api: Any):
    protect(cast, "@acme/*", "npm", min_push_role=Role.MAINTAINER, min_delete_role=Role.OWNER)
    text = "403 Forbidden - Package protected."
    assert publish_npm(api(cast.developer), cast.library).json() == {"message": text, "error": text}
    client, address = api(cast.maintainer), f"/projects/{cast.library.pk}/packages/npm/@acme%2fdemo"
    assert publish_npm(client, cast.library).status_code == 200
    document = client.get(address).json()
    refused = client.delete(f"{address}/-rev/{document['_rev']}")
    assert (refused.status_code, refused.json()["error"]) == (403, "403 Forbidden - Package is deletion protected.")
    tarball = document["versions"]["1.0.0"]["dist"]["tarball"]
    assert client.delete(f"{tarball}/-rev/{document['_rev']}").status_code == 403
    assert Package.objects.count() == 1
    assert api(cast.owner).delete(f"{address}/-rev/{document['_rev']}").status_code == 200


def test_the_strictest_of_the_rules_counts(cast: Cast, api: Any):
    protect(cast, "*", min_push_role=Role.MAINTAINER)
    protect(cast, "tool", min_push_role=Role.OWNER)
    protect(cast, "tool", "npm", min_push_role=Role.MAINTAINER)
    address = f"/projects/{cast.library.pk}/{FILE}"
    assert api(cast.maintainer).put(address, b"x").status_code == 403
    assert api(cast.owner).put(address, b"x").status_code == 201


def test_only_an_owner_deletes_what_is_protected_for_owners(cast: Cast, api: Any):
    api(cast.developer).put(f"/projects/{cast.library.pk}/{FILE}", b"x")
    protect(cast, min_delete_role=Role.OWNER)
    package = Package.objects.get()
    file = package.files.get()
    address = f"/projects/{cast.library.pk}/packages/{package.pk}"
    for place in (address, f"{address}/package_files/{file.pk}"):
        refused = api(cast.maintainer).delete(place)
        text = "403 Forbidden - Package is deletion protected."
        assert (refused.status_code, refused.json()) == (403, {"message": text})
    assert api(cast.owner).delete(address).status_code == 204


# --- Pages ------------------------------------------------------------------------------------------------------------


def test_a_maintainer_protects_packages_on_the_page(cast: Cast, client: CheckedClient):
    client.force_login(cast.maintainer)
    address = "/acme/library/-/settings/packages"
    assert "No package is protected." in client.get(address).content.decode()
    form = {"kind": "npm", "name_pattern": "@acme/*", "min_push_role": "40", "min_delete_role": "0"}
    assert client.post(address, form).status_code == 302
    page = client.get(address).content.decode()
    assert "@acme/*" in page
    again = client.post(address, form)
    assert (again.status_code, "There is a rule for it already." in again.content.decode()) == (422, True)
    nothing = client.post(address, form | {"name_pattern": "x", "min_push_role": "0"})
    assert (nothing.status_code, "this rule would protect nothing" in nothing.content.decode()) == (422, True)
    rule = PackageProtectionRule.objects.get()
    assert "Unprotect @acme/*?" in client.get(f"{address}/{rule.pk}/delete").content.decode()
    assert client.post(f"{address}/{rule.pk}/delete").status_code == 302
    assert not PackageProtectionRule.objects.exists()


def test_the_pages_of_a_protected_package_do_not_delete_it(cast: Cast, api: Any, client: CheckedClient):
    api(cast.developer).put(f"/projects/{cast.library.pk}/{FILE}", b"x")
    protect(cast, min_delete_role=Role.OWNER)
    package = Package.objects.get()
    client.force_login(cast.maintainer)
    page = f"/acme/library/-/packages/{package.pk}"
    assert f"{page}/delete" not in client.get(page).content.decode()
    for address in (f"{page}/delete", f"{page}/files/{package.files.get().pk}/delete"):
        refused = client.post(address)
        assert refused.status_code == 403
        assert "lets only owners delete" in refused.content.decode()


def test_a_developer_has_no_settings_of_packages(cast: Cast, client: CheckedClient):
    client.force_login(cast.developer)
    assert client.get("/acme/library/-/settings/packages").status_code == 403


def test_an_administrator_looks_at_rules_and_deletes_them(cast: Cast, client: CheckedClient):
    rule = protect(cast, "@acme/*", "npm", min_push_role=Role.OWNER)
    client.force_login(cast.admin)
    assert "@acme/*" in client.get("/admin/packages/packageprotectionrule/").content.decode()
    assert client.get(f"/admin/packages/packageprotectionrule/{rule.pk}/change/").status_code == 200
    client.post(f"/admin/packages/packageprotectionrule/{rule.pk}/delete/", {"post": "yes"})
    assert not PackageProtectionRule.objects.exists()
    assert AuditEvent.objects.filter(event="package_unprotected").exists()
