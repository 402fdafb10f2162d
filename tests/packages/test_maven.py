"""Maven repositories: deploy and resolve, checksums, metadata (resources.md §2.4)."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from audit.models import AuditEvent
from jobs.models import Job
from projects.models import Project
from resources.packages.formats.maven.paths import packagings
from resources.packages.models import Package, PackageFile
from tests.factories import projects
from tests.factories.cast import Cast
from tokenaccess.models import AllowlistEntry

JAR = b"the bytes of a jar"
PATH = "com/acme/app/1.0/app-1.0.jar"
METADATA = b"<metadata><groupId>com.acme</groupId><artifactId>app</artifactId></metadata>"
NOT_FOUND = (404, {"message": "404 Package Not Found"})


def address(project: Project, path: str = PATH) -> str:
    return f"/projects/{project.pk}/packages/maven/{path}"


def body_of(response: Any) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else response.content


def digest(name: str, content: bytes = JAR) -> str:
    return hashlib.new(name, content).hexdigest()


@pytest.fixture
def stored_file(cast: Cast, api: Any) -> Any:
    answer = api(cast.developer).put(address(cast.library), JAR)
    assert (answer.status_code, answer.content) == (200, b"")
    return answer


@pytest.fixture
def app_entry(cast: Cast) -> AllowlistEntry:
    return AllowlistEntry.objects.create(project=cast.library, target_project=cast.app, direction="inbound")


# --- Deploy -----------------------------------------------------------------------------------------------------------


@pytest.mark.one_case
@pytest.mark.parametrize(
    ("path", "name", "version"),
    [
        (PATH, "com/acme/app", "1.0"),
        ("com/acme/app/1.1-SNAPSHOT/app-1.1-20261120.091832-1.jar", "com/acme/app", "1.1-SNAPSHOT"),
        ("com/acme/app/1.1-SNAPSHOT/maven-metadata.xml", "com/acme/app", "1.1-SNAPSHOT"),
        ("com/acme/app/maven-metadata.xml", "com/acme/app", ""),
        ("com/maven-metadata.xml", "com", ""),
    ],
)
def test_a_file_is_stored_under_its_package(cast: Cast, api: Any, path: str, name: str, version: str):
    body = METADATA if path.endswith(".xml") else JAR
    assert api(cast.developer).put(address(cast.library, path), body).status_code == 200
    package = Package.objects.get()
    assert (package.kind, package.name, package.version) == ("maven", name, version)
    assert PackageFile.objects.get().name == path.rpartition("/")[2]
    assert body_of(api(cast.reporter).get(address(cast.library, path))) == body


def test_a_deploy_by_a_job_remembers_its_pipeline(cast: Cast, api: Any, app_entry: AllowlistEntry):
    assert api(job=cast.job_token()).put(address(cast.library), JAR).status_code == 200
    assert PackageFile.objects.get().pipeline == Job.objects.get().pipeline


@pytest.mark.one_case
@pytest.mark.parametrize(
    "path",
    ["app.jar", "1.0/app.jar", "com//app/1.0/a.jar", "com/../app/1.0/a.jar", "com/app/1.0/..", "com/app/1..0/a.jar",
     "com/app/1.0/", "com/a pp/1.0/a.jar", "com/app/1.0/a%00.jar", "com/äpp/1.0/a.jar", "com/app/1.0/" + "a" * 256,
     "n/" * 129 + "1.0/a.jar", "maven-metadata.xml"],
)  # fmt: skip
def test_a_path_that_no_file_can_have_is_refused(cast: Cast, api: Any, path: str):
    for method in ("PUT", "GET"):
        answer = api(cast.developer).request(method, address(cast.library, path), JAR)
        assert (answer.status_code, answer.json()) == (400, {"error": "path is invalid"})
    assert not Package.objects.exists()


@pytest.mark.one_case
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("com/acme/app/maven-metadata.xml", b"<metadata>"),
        ("com/acme/app/maven-metadata.xml", b""),
        ("com/acme/app/maven-metadata.xml", b"<project/>"),
        ("com/acme/app/1.0/app-1.0.pom", b"<metadata/>"),
        ("com/acme/app/1.0/app-1.0.pom", b'<?xml version="1.0" encoding="nonsense"?><project/>'),
        ("com/acme/app/1.0/app-1.0.pom", b'<!DOCTYPE p [<!ENTITY a "b">]><project>&a;</project>'),
        (
            "com/acme/app/1.0/app-1.0.pom",
            b'<!DOCTYPE p [<!ENTITY a SYSTEM "file:///etc/passwd">]><project>&a;</project>',
        ),
    ],
)
def test_xml_that_is_not_what_its_name_says_is_refused(cast: Cast, api: Any, path: str, body: bytes):
    answer = api(cast.developer).put(address(cast.library, path), body)
    name = path.rpartition("/")[2]
    assert (answer.status_code, answer.json()) == (400, {"message": f"400 Bad request - {name} is not valid"})
    assert not Package.objects.exists()


def test_a_pom_of_mavens_namespace_is_stored(cast: Cast, api: Any):
    pom = b'<project xmlns="http://maven.apache.org/POM/4.0.0"><artifactId>app</artifactId></project>'
    assert api(cast.developer).put(address(cast.library, "com/acme/app/1.0/app-1.0.pom"), pom).status_code == 200


def test_a_maven_file_over_the_limit_is_refused(cast: Cast, api: Any, settings: Any):
    settings.MAVEN_PACKAGE_BYTES = 10
    assert api(cast.developer).put(address(cast.library), JAR).status_code == 413


def test_the_newest_of_a_path_wins(cast: Cast, api: Any, stored_file: Any):
    api(cast.developer).put(address(cast.library), b"newer")
    assert body_of(api(cast.reporter).get(address(cast.library))) == b"newer"


# --- Checksums --------------------------------------------------------------------------------------------------------


@pytest.mark.one_case
@pytest.mark.parametrize(("name", "status"), [("md5", 200), ("sha1", 204), ("sha256", 200), ("sha512", 200)])
def test_checksums_are_compared_and_served(cast: Cast, api: Any, stored_file: Any, name: str, status: int):
    path = f"{PATH}.{name}"
    answer = api(cast.developer).put(address(cast.library, path), f"{digest(name).upper()}  app-1.0.jar\n".encode())
    assert (answer.status_code, answer.content) == (status, b"")
    answer = api(cast.reporter).get(address(cast.library, path))
    assert (answer["Content-Type"], answer.content.decode()) == ("text/plain", digest(name))
    assert PackageFile.objects.count() == 1


@pytest.mark.one_case
@pytest.mark.parametrize("name", ["md5", "sha1", "sha256", "sha512"])
@pytest.mark.parametrize("sent", [b"0" * 40, b"", b"\xff"])
def test_an_upload_that_its_checksum_contradicts_is_taken_back(
    cast: Cast, api: Any, stored_file: Any, name: str, sent: bytes
):
    answer = api(cast.developer).put(address(cast.library, f"{PATH}.{name}"), sent)
    assert (answer.status_code, answer.json()) == (409, {"message": "409 Conflict"})
    assert not PackageFile.objects.exists()
    assert AuditEvent.objects.filter(event="package_file_deleted").count() == 1


def test_nobody_takes_back_what_another_uploaded(cast: Cast, api: Any, stored_file: Any):
    assert api(cast.maintainer).put(address(cast.library, f"{PATH}.sha1"), b"0" * 40).status_code == 409
    assert PackageFile.objects.count() == 1


def test_the_checksum_may_be_that_of_an_upload_just_before(cast: Cast, api: Any, stored_file: Any):
    """Two jobs deploy at once: the second's file comes between the first's file and its checksum."""
    api(cast.maintainer).put(address(cast.library), b"another")
    assert api(cast.developer).put(address(cast.library, f"{PATH}.sha1"), digest("sha1").encode()).status_code == 204


def test_a_checksum_of_nothing_is_not_found(cast: Cast, api: Any):
    for answer in (
        api(cast.developer).put(address(cast.library, f"{PATH}.sha1"), b"0" * 40),
        api(cast.developer).get(address(cast.library, f"{PATH}.sha1")),
    ):
        assert (answer.status_code, answer.json()) == NOT_FOUND


# --- Resolve ----------------------------------------------------------------------------------------------------------


def test_a_file_comes_with_its_checksums(cast: Cast, api: Any, stored_file: Any):
    for method, body in (("GET", JAR), ("HEAD", b"")):
        answer = api(cast.reporter).request(method, address(cast.library))
        assert (answer.status_code, body_of(answer)) == (200, body)
        assert (answer["X-Checksum-MD5"], answer["X-Checksum-SHA1"]) == (digest("md5"), digest("sha1"))
        assert answer["Content-Length"] == str(len(JAR))


@pytest.mark.parametrize("path", ["com/acme/app/1.1/app-1.0.jar", "com/acme/app/maven-metadata.xml", "x/y/z/w"])
def test_an_absent_maven_file_is_not_found(cast: Cast, api: Any, stored_file: Any, path: str):
    answer = api(cast.reporter).get(address(cast.library, path))
    assert (answer.status_code, answer.json()) == NOT_FOUND


def test_a_job_resolves_a_file_in_one_statement(
    cast: Cast, api: Any, stored_file: Any, app_entry: Any, later_log: None, django_assert_num_queries: Any
):
    client = api(job=cast.job_token())
    with django_assert_num_queries(1):
        assert body_of(client.get(address(cast.library))) == JAR


@pytest.mark.parametrize("base", ["groups/acme/-/packages/maven", "packages/maven"])
def test_a_file_is_found_in_a_group_and_in_the_instance(
    cast: Cast, api: Any, stored_file: Any, app_entry: AllowlistEntry, base: str
):
    client = api(job=cast.job_token())
    assert body_of(client.get(f"/{base}/{PATH}")) == JAR
    assert client.get(f"/{base}/{PATH}.sha1").content.decode() == digest("sha1")
    app_entry.delete()
    answer = client.get(f"/{base}/{PATH}")
    assert (answer.status_code, answer.json()) == NOT_FOUND
    assert body_of(api(cast.reporter).get(f"/{base}/{PATH}")) == JAR
    assert api(cast.outsider).get(f"/{base}/{PATH}").status_code == 404
    assert api().get(f"/{base}/{PATH}").status_code == 401
    assert api(job="glcbt-nonsense").get(f"/{base}/{PATH}").status_code == 401


def test_the_oldest_project_of_a_group_has_the_say(cast: Cast, api: Any, stored_file: Any):
    newer = projects.project("newer", group=cast.acme, by=cast.owner)
    api(cast.owner).put(address(newer), b"something else")
    assert body_of(api(cast.owner).get(f"/groups/acme/-/packages/maven/{PATH}")) == JAR


# --- Deleting ---------------------------------------------------------------------------------------------------------


def test_the_list_of_versions_is_written_anew_when_one_is_deleted(
    cast: Cast, api: Any, django_capture_on_commit_callbacks: Any
):
    client, listing = api(cast.maintainer), "com/acme/app/maven-metadata.xml"
    for path in (PATH, "com/acme/app/1.1/a.jar", "com/acme/app/1.2-SNAPSHOT/a.jar", "com/acme/app/1.3/a.jar"):
        client.put(address(cast.library, path), JAR)
    client.put(address(cast.library, listing), METADATA)
    delete_version(cast, client, "1.3", django_capture_on_commit_callbacks)
    found = body_of(client.get(address(cast.library, listing))).decode()
    assert "<groupId>com.acme</groupId><artifactId>app</artifactId>" in found
    assert "<latest>1.2-SNAPSHOT</latest><release>1.1</release>" in found
    assert "<version>1.0</version><version>1.1</version><version>1.2-SNAPSHOT</version></versions>" in found
    sha1 = client.get(address(cast.library, f"{listing}.sha1")).content.decode()
    assert sha1 == digest("sha1", found.encode())


def test_without_versions_there_is_no_list_of_them(
    cast: Cast, api: Any, stored_file: Any, django_capture_on_commit_callbacks: Any
):
    client = api(cast.maintainer)
    client.put(address(cast.library, "com/acme/app/maven-metadata.xml"), METADATA)
    delete_version(cast, client, "1.0", django_capture_on_commit_callbacks)
    assert not Package.objects.exists()


def delete_version(cast: Cast, client: Any, version: str, capture: Any) -> None:
    package = Package.objects.get(version=version)
    with capture(execute=True):
        assert client.delete(f"/projects/{cast.library.pk}/packages/{package.pk}").status_code == 204


# --- Lists and who may ------------------------------------------------------------------------------------------------


def test_what_is_about_all_versions_is_listed_on_demand(cast: Cast, api: Any, stored_file: Any):
    api(cast.developer).put(address(cast.library, "com/acme/app/maven-metadata.xml"), METADATA)
    listed = f"/projects/{cast.library.pk}/packages"
    assert [row["version"] for row in api(cast.reporter).get(listed).json()] == ["1.0"]
    one = api(cast.reporter).get(f"{listed}/{Package.objects.get(version='1.0').pk}").json()
    assert one["versions"] == []
    everything = api(cast.reporter).get(f"{listed}?include_versionless=true").json()
    assert [row["version"] for row in everything] == ["1.0", None]


def test_an_unlisted_job_finds_no_repository(cast: Cast, api: Any, stored_file: Any):
    client = api(job=cast.job_token())
    for answer in (client.get(address(cast.library)), client.put(address(cast.library), JAR)):
        assert (answer.status_code, answer.json()) == (404, {"message": "404 Project Not Found"})


def test_a_reporter_deploys_nothing(cast: Cast, api: Any):
    for path in (PATH, f"{PATH}.sha1"):
        assert api(cast.reporter).put(address(cast.library, path), JAR).status_code == 403


def test_a_visitor_of_a_repository_is_asked_to_sign_in(cast: Cast, api: Any, stored_file: Any):
    answer = api().get(address(cast.library))
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, 'Basic realm="GitLab Packages Registry"')


@pytest.mark.parametrize(
    ("files", "artifact"),
    [
        (["app-1.0.pom"], "com.acme:app:1.0:pom"),
        (["app-1.0.jar", "app-1.0.pom"], "com.acme:app:1.0"),
    ],
    ids=["a parent project", "a library"],
)
def test_the_page_names_what_maven_can_resolve(cast: Cast, api: Any, client: Any, files: list[str], artifact: str):
    for name in files:
        body = b"<project/>" if name.endswith(".pom") else JAR
        assert api(cast.developer).put(address(cast.library, f"com/acme/app/1.0/{name}"), body).status_code == 200
    client.force_login(cast.reporter)
    page = client.get(f"/acme/library/-/packages/{Package.objects.get(version='1.0').pk}").content.decode()
    assert f"-Dartifact={artifact}\n" in page or f"-Dartifact={artifact}<" in page


@pytest.mark.one_case
@pytest.mark.parametrize(
    ("files", "packaging"),
    [
        (["app-1.0.jar", "app-1.0.pom", "app-1.0-sources.jar"], ""),
        (["app-1.0.war", "app-1.0.pom"], ":war"),
        (["app-1.0.pom"], ":pom"),
    ],
)
def test_the_page_names_what_kind_of_artifact_a_package_is(
    cast: Cast, api: Any, client: Any, files: list[str], packaging: str
):
    for file in files:
        content = b"<project></project>" if file.endswith(".pom") else JAR
        assert api(cast.developer).put(address(cast.library, f"com/acme/app/1.0/{file}"), content).status_code == 200
    client.force_login(cast.developer)
    words = client.get(f"/acme/library/-/packages/{Package.objects.get().pk}").content.decode()
    assert f"-Dartifact=com.acme:app:1.0{packaging}\n" in words.replace("<wbr>", "").replace("</code>", "\n")


@pytest.mark.pure
def test_a_snapshot_is_known_by_its_time_stamp():
    files = ["app-1.0-20261120.091832-1.war", "app-1.0-20261120.091832-1-sources.jar", "other-1.0-SNAPSHOT.jar"]
    assert packagings("com/acme/app", "1.0-SNAPSHOT", files) == {"war"}
