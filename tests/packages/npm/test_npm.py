"""npm packages over HTTP: publish, documents, dist-tags, deprecate, unpublish (resources.md §2.3)."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import pytest

from blobs.models import Blob
from resources.packages.formats.npm import changes
from resources.packages.models import NpmVersion, Package, PackageFile
from tests.factories.cast import Cast
from tests.packages.npm.publications import ABBREVIATED, ARCHIVE, base, publication, publish, put
from tests.support.response_schema import CheckedClient
from tokenaccess.models import AllowlistEntry

# --- Publishing -------------------------------------------------------------------------------------------------------


def test_a_developer_publishes_and_everyone_who_reads_gets_the_same_bytes(cast: Cast, api: Any):
    answer = put(api(cast.developer), cast.library, publication(dependencies={"left": "^1"}))
    assert (answer.status_code, answer.json()) == (200, {"ok": True})
    document = api(cast.reporter).get(f"{base(cast.library)}/@acme%2fdemo").json()
    version = document["versions"]["1.0.0"]
    assert (document["dist-tags"], version["dependencies"]) == ({"latest": "1.0.0"}, {"left": "^1"})
    assert version["dist"] == {
        "shasum": hashlib.sha1(ARCHIVE).hexdigest(),
        "integrity": "sha512-" + base64.b64encode(hashlib.sha512(ARCHIVE).digest()).decode(),
        "tarball": f"http://testserver/api/v4{base(cast.library)}/@acme/demo/-/@acme/demo-1.0.0.tgz",
    }
    assert version.keys().isdisjoint({"readme", "_x"})
    assert api(cast.reporter).get(version["dist"]["tarball"]).content == ARCHIVE


def test_the_archive_may_be_addressed_without_its_scope(cast: Cast, api: Any, published_versions: None):
    assert api(cast.reporter).get(f"{base(cast.library)}/@acme/demo/-/demo-1.0.0.tgz").content == ARCHIVE


def test_a_job_publishes_to_another_project_only_when_it_is_listed(cast: Cast, api: Any):
    client = api(job=cast.job_token())
    refused = put(client, cast.library)
    assert refused.status_code == 404
    assert refused.json() == {"message": "404 Project Not Found", "error": "404 Project Not Found"}
    AllowlistEntry.objects.create(project=cast.library, target_project=cast.app, direction="inbound")
    assert put(client, cast.library).status_code == 200
    assert PackageFile.objects.get().pipeline is not None


def test_a_reporter_may_not_publish(cast: Cast, api: Any):
    answer = put(api(cast.reporter), cast.library)
    assert (answer.status_code, answer.json()) == (403, {"message": "403 Forbidden", "error": "403 Forbidden"})


def test_a_version_is_published_once(cast: Cast, api: Any, published_versions: None):
    answer = put(api(cast.developer), cast.library)
    text = "Package already exists."
    assert (answer.status_code, answer.json()) == (403, {"message": text, "error": text})
    assert PackageFile.objects.count() == 2


def change(**fields: Any) -> Any:
    """A publication with other fields; None for one that is left out."""
    document = publication() | fields
    return {key: value for key, value in document.items() if value is not None}


def with_dist(**dist: Any) -> Any:
    document = publication()
    document["versions"]["1.0.0"]["dist"] |= dist
    return document


def with_attachment(**fields: Any) -> Any:
    document = publication()
    document["_attachments"]["@acme/demo-1.0.0.tgz"] |= fields
    return document


@pytest.mark.one_case
@pytest.mark.parametrize(
    ("document", "words"),
    [
        (change(versions={}), "Version is empty."),
        (change(versions=None), "Version is empty."),
        (change(versions={"1.0.0": {}, "2.0.0": {}}), "Only one version can be published at a time."),
        (change(versions={"1.0": {}}), "Version is invalid."),
        (change(versions={"v1.0.0": {}}), "Version is invalid."),
        (change(versions={"1.0.0": {"name": "other", "version": "1.0.0"}}), "The manifest is not that of the version."),
        (change(versions={"1.0.0": 5}), "The manifest is not that of the version."),
        (change(_attachments=None), "Attachment data is empty."),
        (change(_attachments=[]), "Attachment data is empty."),
        (with_attachment(data=""), "Attachment data is empty."),
        (with_attachment(data="%%%%"), "Attachment data is not base64"),
        (with_attachment(data="QUJ"), "Attachment data is cut off"),
        (with_attachment(data="QQ==QUJD"), "Attachment data is not base64"),
        (with_attachment(length=1), "Attachment length is wrong."),
        (change(_attachments={"x.tgz": {"data": "QUJD"}}), "The attachment must be @acme/demo-1.0.0.tgz alone."),
        (
            change(_attachments={"@acme/demo-1.0.0.tgz": {"data": "QUJD"}, "x": {"data": "QUJD"}}),
            "There is more than one attachment",
        ),
        (
            b'{"name": "@acme/demo", "versions": {"1.0.0": {"name": "@acme/demo", "version": "1.0.0"}}, '
            b'"_attachments": {"@acme/demo-1.0.0.tgz": {"data": "QUJD"}, "@acme/demo-1.0.0.tgz": "again"}}',
            "The attachment must be @acme/demo-1.0.0.tgz alone.",
        ),
        (with_dist(shasum="0" * 40), "dist.shasum does not match the attachment."),
        (with_dist(integrity="sha512-AAAA"), "dist.integrity does not match the attachment."),
        (with_dist(integrity="md4-AAAA"), "dist.integrity has a digest of an unknown kind."),
        (with_dist(integrity=5), "dist.integrity has a digest of an unknown kind."),
        (change(**{"dist-tags": {"latest": "2.0.0"}}), "dist-tags must name the version that is published."),
        (change(**{"dist-tags": {"1.x": "1.0.0"}}), "1.x is no valid dist-tag."),
        (change(**{"dist-tags": {"latest": ["1.0.0"]}}), "dist-tags must name the version that is published."),
        (change(**{"dist-tags": {f"t{n}": "1.0.0" for n in range(101)}}), "There are too many dist-tags"),
        (change(**{"dist-tags": []}), "dist-tags must name the version that is published."),
        (publication(description="x" * 70_000), "The manifest is too large (maximum is 65536 bytes)."),
        (publication(description="a\0b"), "The manifest has a NUL character."),
        (publication(name="@acme/de mo"), "Package name is invalid."),
        (b"[1, 2]", "The body is not a JSON object"),
        (b"[" * 201 + b"]" * 201, "The body is nested too deeply (maximum is 200 levels)"),
        (b'{"name": ', "The body is not valid JSON"),
        (b'{"_attachments": {"a": {"data": "QUJD', "Attachment data is cut off"),
    ],
)
def test_a_wrong_publication_is_refused_and_leaves_nothing(
    cast: Cast, api: Any, settings: Any, document: Any, words: str
):
    name = document["name"] if isinstance(document, dict) else "@acme/demo"
    address = f"{base(cast.library)}/{name}".replace(" ", "%20")
    answer = api(cast.developer).put(address, document)
    assert answer.status_code == 400, answer.content
    assert words in answer.json()["error"]
    assert not Package.objects.exists()
    assert not Blob.objects.exists()
    assert not [path for path in settings.BLOBS_DIR.rglob("*") if path.is_file() and path.parent.name != "locks"]


def test_the_name_in_the_document_is_that_of_the_address(cast: Cast, api: Any):
    answer = api(cast.developer).put(f"{base(cast.library)}/other", publication())
    assert (answer.status_code, answer.json()["error"]) == (400, "Package name is invalid.")


def test_an_archive_over_the_limit_is_refused(cast: Cast, api: Any, settings: Any):
    settings.NPM_PACKAGE_BYTES = len(ARCHIVE) - 1
    assert put(api(cast.developer), cast.library).status_code == 413
    settings.NPM_PACKAGE_BYTES = len(ARCHIVE)
    assert put(api(cast.developer), cast.library).status_code == 200


# --- Documents --------------------------------------------------------------------------------------------------------


def test_the_abbreviated_document_has_what_an_installation_needs(cast: Cast, api: Any):
    publish(api(cast.developer), cast.library, "1.0.0", description="Words", scripts={"install": "make"}, license="MIT")
    answer = api(cast.reporter).get(f"{base(cast.library)}/@acme/demo", headers=ABBREVIATED)
    assert answer["Content-Type"] == "application/vnd.npm.install-v1+json"
    document = answer.json()
    assert document.keys() == {"name", "modified", "dist-tags", "versions"}
    assert document["versions"]["1.0.0"].keys() == {"name", "version", "hasInstallScript", "dist"}


@pytest.mark.parametrize("accept", [{}, ABBREVIATED])
def test_a_document_that_still_holds_is_not_sent_again(cast: Cast, api: Any, published_versions: None, accept: Any):
    address, client = f"{base(cast.library)}/@acme/demo", api(cast.developer, **accept)
    etag = client.get(address)["ETag"]
    again = client.get(address, headers={"If-None-Match": etag})
    assert (again.status_code, again.content, again["Vary"]) == (304, b"", "Accept")
    publish(client, cast.library, "1.2.0")
    assert client.get(address, headers={"If-None-Match": etag}).status_code == 200


def test_latest_is_the_highest_version_when_no_tag_says_so(cast: Cast, api: Any):
    client = api(cast.developer)
    for version in ("1.10.0", "1.9.0", "2.0.0-rc.1"):
        put(client, cast.library, publication(version=version) | {"dist-tags": {}})
    assert client.get(f"{base(cast.library)}/-/package/@acme%2fdemo/dist-tags").json() == {"latest": "1.10.0"}


@pytest.mark.parametrize(
    "address",
    ["nothing", "@acme%2fnothing", "-/package/nothing/dist-tags", "a%00b", "-/package/a%00b/dist-tags", "x/-/a%00b"],
)
def test_an_absent_package_is_not_found(cast: Cast, api: Any, published_versions: None, address: str):
    answer = api(cast.reporter).get(f"{base(cast.library)}/{address}")
    assert answer.status_code == 404
    assert answer.json() == {"message": "404 Packages Not Found", "error": "Packages not found"}


@pytest.mark.parametrize("file", ["demo-9.0.0.tgz", "other-1.0.0.tgz", "demo", "demo-1.0.0.tgz/x"])
def test_an_absent_archive_is_not_found(cast: Cast, api: Any, published_versions: None, file: str):
    answer = api(cast.reporter).get(f"{base(cast.library)}/@acme/demo/-/{file}")
    assert (answer.status_code, answer.json()["error"]) == (404, "404 Package Not Found")


@pytest.mark.parametrize("address", ["-/whoami", "-/ping"])
def test_what_gitlab_does_not_have_is_not_there(cast: Cast, api: Any, address: str):
    assert api(cast.developer).get(f"{base(cast.library)}/{address}").status_code == 404


def test_an_audit_finds_nothing(cast: Cast, api: Any):
    answer = api(cast.reporter).post(f"{base(cast.library)}/-/npm/v1/security/advisories/bulk", {"demo": ["1.0.0"]})
    assert (answer.status_code, answer.json()) == (200, {})


def test_a_visitor_is_asked_to_sign_in(cast: Cast, published_versions: None):
    answer = CheckedClient().get(f"/api/v4{base(cast.library)}/@acme%2fdemo")
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, 'Basic realm="GitLab Packages Registry"')
    assert answer.json()["error"] == "401 Unauthorized"


def test_the_token_of_a_finished_job_is_refused(cast: Cast, api: Any, published_versions: None):
    client = api(Authorization=f"Bearer {cast.job_token(cast.library, status='success')}")
    assert client.get(f"{base(cast.library)}/@acme%2fdemo").status_code == 401


def test_the_document_of_a_thousand_versions_takes_as_few_statements_as_of_one(
    cast: Cast, api: Any, published_versions: None, django_assert_num_queries: Any
):
    """The check with whether they have changed, and if so the versions with their tags; whatever else is stored."""
    known = PackageFile.objects.first()
    assert known is not None
    manifest = NpmVersion.objects.values_list("manifest", flat=True)[0]
    rows = [
        Package(project=cast.library, kind="npm", name=name, version=f"1.{minor}.5")
        for name, count in (("@acme/demo", 1000), ("@acme/other", 500))
        for minor in range(count)
    ]
    Package.objects.bulk_create(rows)
    NpmVersion.objects.bulk_create(NpmVersion(package=row, manifest=manifest) for row in rows)
    PackageFile.objects.bulk_create(
        PackageFile(package=row, blob=known.blob, name=f"{row.name}-{row.version}.tgz", size=1) for row in rows
    )
    client = api(job=cast.job_token(cast.library))
    client.get(f"{base(cast.library)}/@acme%2fother")  # the log notes each kind of use of a job once
    with django_assert_num_queries(2):
        document = client.get(f"{base(cast.library)}/@acme%2fdemo", headers=ABBREVIATED).json()
    assert len(document["versions"]) == 1002
    with django_assert_num_queries(1):
        assert client.get(f"{base(cast.library)}/@acme%2fdemo", headers=ABBREVIATED).json() == document


def test_a_document_always_says_how_things_are(cast: Cast, api: Any, published_versions: None):
    """Whatever was kept of it before."""
    client, address = api(cast.developer), f"{base(cast.library)}/@acme%2fdemo"
    before = client.get(address, headers=ABBREVIATED).json()
    version = next(iter(before["versions"]))
    changes.deprecate(cast.library, "@acme/demo", {version: "Use another"})
    assert client.get(address, headers=ABBREVIATED).json()["versions"][version]["deprecated"] == "Use another"
    changes.deprecate(cast.library, "@acme/demo", {version: ""})
    assert client.get(address, headers=ABBREVIATED).json() == before
    package = changes.versions_of(cast.library, "@acme/demo").get(version=version)
    changes.set_tags(package, ["next"])
    assert client.get(address, headers=ABBREVIATED).json()["dist-tags"]["next"] == version
    changes.delete_tag(cast.library, "@acme/demo", "next")
    assert client.get(address, headers=ABBREVIATED).json() == before
    changes.unpublish(cast.library, "@acme/demo", [version], by=cast.owner)
    assert version not in client.get(address, headers=ABBREVIATED).content.decode()


# --- Dist-tags --------------------------------------------------------------------------------------------------------


def test_tags_are_set_moved_and_removed(cast: Cast, api: Any, published_versions: None):
    tags = f"{base(cast.library)}/-/package/@acme%2fdemo/dist-tags"
    client = api(cast.maintainer)
    assert client.put(f"{tags}/stable", "1.0.0").status_code == 204
    assert client.get(tags).json() == {"latest": "1.1.0", "stable": "1.0.0"}
    assert client.put(f"{tags}/stable", "1.1.0").status_code == 204
    assert client.get(tags).json() == {"latest": "1.1.0", "stable": "1.1.0"}
    assert api(cast.developer).delete(f"{tags}/stable").status_code == 403
    assert client.delete(f"{tags}/stable").status_code == 204
    assert client.delete(f"{tags}/stable").status_code == 404


def test_the_packages_api_shows_the_tags(cast: Cast, api: Any, published_versions: None):
    older, newer = api(cast.reporter).get(f"/projects/{cast.library.pk}/packages").json()
    assert older["tags"] == []
    assert [(tag["name"], tag["package_id"]) for tag in newer["tags"]] == [("latest", newer["id"])]
    body = api(cast.reporter).get(f"/projects/{cast.library.pk}/packages/{older['id']}").json()
    assert [tag["name"] for tag in body["versions"][0]["tags"]] == ["latest"]


@pytest.mark.one_case
@pytest.mark.parametrize(
    ("tag", "body", "status"),
    [
        ("stable", "9.0.0", 404),
        ("1.x", "1.0.0", 400),
        ("v1", "1.0.0", 400),
        ("stable", "1.0", 400),
        ("stable", 5, 400),
        ("stable", b"{", 400),
        ("t" * 256, "1.0.0", 400),
        ("a%00b", "1.0.0", 404),
    ],
)
def test_a_wrong_tag_is_refused(cast: Cast, api: Any, published_versions: None, tag: str, body: Any, status: int):
    answer = api(cast.developer).put(f"{base(cast.library)}/-/package/@acme%2fdemo/dist-tags/{tag}", body)
    assert answer.status_code == status
    assert answer.json()["error"]


def test_deleting_a_package_takes_its_tags(cast: Cast, api: Any, published_versions: None):
    Package.objects.get(version="1.1.0").delete()
    document = api(cast.reporter).get(f"{base(cast.library)}/@acme%2fdemo").json()
    assert document["dist-tags"] == {"latest": "1.0.0"}


# --- Deprecating and unpublishing -------------------------------------------------------------------------------------


def test_only_a_maintainer_deprecates(cast: Cast, api: Any, published_versions: None):
    address = f"{base(cast.library)}/@acme%2fdemo"
    document = api(cast.maintainer).get(f"{address}?write=true").json()
    document["versions"]["1.0.0"]["deprecated"] = "too old"
    headers = {"npm-command": "deprecate"}
    assert api(cast.developer).put(address, document, headers=headers).status_code == 403
    assert api(cast.maintainer).put(address, document, headers=headers).status_code == 200
    seen = api(cast.reporter).get(address, headers=ABBREVIATED).json()["versions"]
    assert (seen["1.0.0"]["deprecated"], "deprecated" in seen["1.1.0"]) == ("too old", False)
    document["versions"]["1.0.0"]["deprecated"] = ["no text"]
    assert api(cast.maintainer).put(address, document, headers=headers).status_code == 400
    assert api(cast.maintainer).put(address, {"versions": [1]}, headers=headers).status_code == 400


def test_versions_that_are_not_there_are_not_looked_for(cast: Cast, api: Any, published_versions: None):
    versions: Any = {str(number): {} for number in range(100_000)} | {"1.0.0": {"deprecated": "too old"}}
    address, client = f"{base(cast.library)}/@acme%2fdemo", api(cast.maintainer)
    answer = client.put(address, {"versions": versions}, headers={"npm-command": "deprecate"})
    assert answer.status_code == 200
    assert client.get(address).json()["versions"]["1.0.0"]["deprecated"] == "too old"


def test_a_version_is_unpublished_as_npm_does_it(cast: Cast, api: Any, published_versions: None):
    client, address = api(cast.maintainer), f"{base(cast.library)}/@acme%2fdemo"
    document = client.get(f"{address}?write=true").json()
    gone = document["versions"].pop("1.1.0")
    document["dist-tags"] = {"latest": "1.0.0"}
    assert api(cast.developer).put(f"{address}/-rev/{document['_rev']}", document).status_code == 403
    assert client.put(f"{address}/-rev/{document['_rev']}", document).status_code == 200
    revision = client.get(f"{address}?write=true").json()["_rev"]
    assert client.delete(f"{gone['dist']['tarball']}/-rev/{revision}").status_code == 200
    assert list(client.get(address).json()["versions"]) == ["1.0.0"]
    assert client.get(gone["dist"]["tarball"]).status_code == 404


def test_what_changed_meanwhile_is_not_unpublished(cast: Cast, api: Any, published_versions: None):
    client, address = api(cast.maintainer), f"{base(cast.library)}/@acme%2fdemo"
    revision = client.get(address).json()["_rev"]
    publish(client, cast.library, "2.0.0")
    answer = client.delete(f"{address}/-rev/{revision}")
    assert (answer.status_code, answer.json()["error"]) == (409, "The package has changed meanwhile.")
    assert Package.objects.count() == 3


@pytest.mark.one_case
@pytest.mark.parametrize(
    ("versions", "tags"),
    [
        ({"3.0.0": {}}, {"latest": "3.0.0"}),
        ({"1.0.0": {}}, {"latest": "1.1.0"}),
        ({"1.0.0": {}}, None),
        ({"1.0.0": {}}, {"latest": ["1.0.0"]}),
        ({"1.0.0": {}}, {"latest": "1.0.0", "other": "1.0.0"}),
        ({}, {"v1": "1"}),
    ],
)
def test_unpublishing_neither_adds_nor_names_what_is_not_there(
    cast: Cast, api: Any, published_versions: None, versions: Any, tags: Any
):
    client, address = api(cast.maintainer), f"{base(cast.library)}/@acme%2fdemo"
    revision = client.get(address).json()["_rev"]
    answer = client.put(f"{address}/-rev/{revision}", {"versions": versions, "dist-tags": tags})
    assert answer.status_code == 400
    assert Package.objects.count() == 2
