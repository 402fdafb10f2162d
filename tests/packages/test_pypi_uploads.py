"""Uploads of Python packages (resources.md §2.2)."""

from __future__ import annotations

import hashlib
import io
import random
import warnings
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from django.test.client import BOUNDARY, MULTIPART_CONTENT

from jobs.models import Job
from resources.packages.formats.pypi import wheel as wheel_reader
from resources.packages.formats.pypi.names import Release
from resources.packages.models import Package, PackageFile
from tests.factories.cast import Cast
from tests.packages.pypi import SHA256, WHEEL, base, index, upload
from tests.support.wheels import Built, metadata, source_archive, wheel
from tokenaccess.models import AllowlistEntry


@pytest.fixture
def stored_wheel(cast: Cast, api: Any) -> Any:
    answer = upload(api(cast.developer), cast.library)
    assert answer.status_code == 201, answer.content
    return answer


@pytest.fixture
def app_entry(cast: Cast) -> AllowlistEntry:
    return AllowlistEntry.objects.create(project=cast.library, target_project=cast.app, direction="inbound")


def test_a_developer_uploads_a_wheel(cast: Cast, stored_wheel: Any):
    assert stored_wheel.json() == {"message": "201 Created"}
    package = Package.objects.get()
    assert (package.kind, package.name, package.version) == ("pypi", "my-pkg", "1.0")
    file = PackageFile.objects.get()
    assert (file.name, file.sha256) == (WHEEL.file_name, SHA256)
    assert file.md5 == hashlib.md5(WHEEL.content).hexdigest()
    assert file.pypi.requires_python == ">=3.7"
    assert file.pypi.metadata
    assert file.pypi.metadata.path.read_bytes() == metadata("My.Pkg", "1.0", "Requires-Python: >=3.7")


def test_a_release_holds_its_wheel_and_its_source_archive(cast: Cast, api: Any, stored_wheel: Any):
    answer = upload(api(cast.developer), cast.library, source_archive(), requires_python=">=3.8", filetype="sdist")
    assert answer.status_code == 201, answer.content
    assert Package.objects.count() == 1
    first, second = index(api(cast.reporter), cast.library)["files"]
    assert (first["core-metadata"] is False, second["core-metadata"]) == (False, False)
    assert (first["requires-python"], second["requires-python"]) == (">=3.7", ">=3.8")


def test_a_version_given_twice_is_refused(cast: Cast, api: Any):
    answer = upload(api(cast.developer), cast.library, version=["1.0", "2.0"])
    assert (answer.status_code, answer.json()) == (400, {"error": "version is given more than once"})
    assert not Package.objects.exists()


def test_an_upload_by_a_job_remembers_its_pipeline(cast: Cast, api: Any, app_entry: AllowlistEntry):
    assert upload(api(job=cast.job_token()), cast.library).status_code == 201
    assert PackageFile.objects.get().pipeline == Job.objects.get().pipeline


def test_all_digests_of_twine_are_compared(cast: Cast, api: Any):
    digests = {
        "sha256_digest": SHA256,
        "md5_digest": hashlib.md5(WHEEL.content).hexdigest(),
        "blake2_256_digest": hashlib.blake2b(WHEEL.content, digest_size=32).hexdigest(),
    }
    assert upload(api(cast.developer), cast.library, WHEEL, **digests).status_code == 201


@pytest.mark.one_case
@pytest.mark.parametrize(
    ("field", "value", "error"),
    [
        ("sha256_digest", "0" * 64, {"message": "sha256_digest is not that of the file received"}),
        ("md5_digest", "0" * 32, {"message": "md5_digest is not that of the file received"}),
        ("blake2_256_digest", "0" * 64, {"message": "blake2_256_digest is not that of the file received"}),
        ("sha256_digest", "abc", {"error": "sha256_digest is invalid"}),
        ("md5_digest", "ü" * 32, {"error": "md5_digest is invalid"}),
        ("name", "", {"error": "name is missing"}),
        ("version", "", {"error": "version is missing"}),
        ("attestations", "[]", {"error": "attestations is not supported"}),
        ("gpg_signature", "x", {"error": "gpg_signature is not supported"}),
        (":action", "submit", {"error": ":action does not have a valid value"}),
        ("protocol_version", "2", {"error": "protocol_version does not have a valid value"}),
        ("name", "-pkg", {"message": "Name is invalid"}),
        ("name", "n" * 256, {"message": "Name is invalid"}),
        ("version", "one", {"message": "Version is invalid"}),
        ("version", "1.0\0", {"message": "Version is invalid"}),
        ("version", "2.0", {"message": "File name does not match the name and version"}),
        ("name", "other", {"message": "File name does not match the name and version"}),
        ("filetype", "sdist", {"message": "File name does not match the filetype"}),
        ("filetype", "bdist_egg", {"message": "File name does not match the filetype"}),
    ],
)
def test_a_faulty_form_is_refused_and_nothing_is_stored(
    cast: Cast, api: Any, settings: Any, field: str, value: str, error: dict[str, str]
):
    answer = upload(api(cast.developer), cast.library, WHEEL, **{field: value})
    expected = {
        key: f"400 Bad request - Validation failed: {text}" if key == "message" else text for key, text in error.items()
    }
    assert (answer.status_code, answer.json()) == (400, expected)
    assert not Package.objects.exists()
    assert not [path for path in settings.BLOBS_DIR.rglob("*") if path.is_file() and path.parent.name != "locks"]


@pytest.mark.one_case
@pytest.mark.parametrize(
    "file_name",
    [
        "my_pkg-1.0.exe", "my_pkg-1.0.whl", "my_pkg.tar.gz", "my_pkg-1.0-py3-none-any.whl.metadata",
        "my pkg-1.0.tar.gz", "my_pkg- 1.0.tar.gz", "..", "my_pkg-1.0-1.tar.gz", "my_pkg-1.0.tar.bz2", "",
        "mÿ_pkg-1.0.tar.gz",
    ],
)  # fmt: skip
def test_a_file_that_is_no_distribution_is_refused(cast: Cast, api: Any, file_name: str):
    content = (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="content"; filename="{file_name}"\r\n\r\nx\r\n'
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="name"\r\n\r\nmy-pkg\r\n'
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="version"\r\n\r\n1.0\r\n--{BOUNDARY}--\r\n'
    )
    answer = api(cast.developer).post(base(cast.library), content.encode(), content_type=MULTIPART_CONTENT)
    assert answer.status_code == 400
    assert answer.json()["message"].startswith("400 Bad request - Validation failed: File name ")
    assert not Package.objects.exists()


@pytest.mark.one_case
@pytest.mark.parametrize(
    ("built", "reason"),
    [
        (Built(WHEEL.file_name, b"no archive"), "is not a readable wheel"),
        (Built(WHEEL.file_name, WHEEL.content[:-40]), "is not a readable wheel"),
        (Built(WHEEL.file_name, wheel("other").content), "holds no METADATA of that name and version"),
        (wheel(written=metadata("My.Pkg", "1.1")), "does not match the name and version in its metadata"),
        (wheel(written=b"nothing\0\xff"), "does not match the name and version in its metadata"),
        (wheel(written=metadata("My.Pkg", "1.0") + b"x" * 1024 * 1024), "has too much metadata"),
    ],
)
def test_a_wheel_that_is_none_is_refused(cast: Cast, api: Any, built: Built, reason: str):
    answer = upload(api(cast.developer), cast.library, built)
    assert answer.status_code == 400
    assert answer.json() == {"message": f"400 Bad request - Validation failed: The file {reason}"}
    assert not Package.objects.exists()


@pytest.mark.pure
@pytest.mark.parametrize("folder", ["my_pkg-1.0", "My.Pkg-1.0", "other-2.0"])
def test_a_wheel_has_one_metadata(folder: str, tmp_path: Path):
    """Of two, an installer would read another than the index serves."""
    with zipfile.ZipFile(tmp_path / "new", "w") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # the same name twice
        for name in ("my_pkg-1.0", folder):
            archive.writestr(f"{name}.dist-info/METADATA", metadata("My.Pkg", "1.0"))
        archive.writestr("my_pkg/_vendor/x-1.0.dist-info/METADATA", "of another, and not at the top")
    with pytest.raises(wheel_reader.InvalidWheel, match="holds METADATA more than once"):
        wheel_reader.read_metadata(tmp_path / "new", Release("my-pkg", "1.0"))


@pytest.mark.pure
@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_compression_that_is_unpacked_without_a_limit_is_refused(method: int, tmp_path: Path):
    with zipfile.ZipFile(tmp_path / "new", "w", method) as archive:
        archive.writestr("my_pkg-1.0.dist-info/METADATA", metadata("My.Pkg", "1.0"))
    with pytest.raises(wheel_reader.InvalidWheel, match="has METADATA in another compression than deflate"):
        wheel_reader.read_metadata(tmp_path / "new", Release("my-pkg", "1.0"))


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(["Content-Type: message/rfc822", ""] * 3000, id="nested messages"),
        pytest.param([f"{number:x}:" for number in range(150_000)], id="many fields"),
    ],
)
def test_metadata_that_is_slow_to_parse_as_a_message_is_read(cast: Cast, api: Any, lines: list[str]):
    built = wheel("My.Pkg", "1.0", "Requires-Python: >=3.7", *lines)
    assert upload(api(cast.developer), cast.library, built).status_code == 201
    assert index(api(cast.reporter), cast.library)["files"][0]["requires-python"] == ">=3.7"


@pytest.mark.pure
@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_bytes_changed_at_random_are_read_or_refused(method: int, tmp_path: Path):
    with zipfile.ZipFile(io.BytesIO(WHEEL.content)) as old, zipfile.ZipFile(tmp_path / "new", "w", method) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
    content, chance = (tmp_path / "new").read_bytes(), random.Random(1)
    for _ in range(300):
        changed = bytearray(content)
        for _ in range(3):
            changed[chance.randrange(len(changed))] = chance.randrange(256)
        (tmp_path / "changed").write_bytes(changed)
        with suppress(wheel_reader.InvalidWheel):
            wheel_reader.required_python(wheel_reader.read_metadata(tmp_path / "changed", Release("my-pkg", "1.0")))


def test_a_wheel_with_too_long_a_list_of_files_is_refused(cast: Cast, api: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(wheel_reader, "MAX_READ_BYTES", 200)
    answer = upload(api(cast.developer), cast.library)
    assert answer.status_code == 400
    assert answer.json()["message"].endswith("The file is not a readable wheel")


def test_a_wrong_requirement_of_python_is_refused(cast: Cast, api: Any):
    wrong = {"message": "400 Bad request - Validation failed: Requires-Python is invalid"}
    answer = upload(api(cast.developer), cast.library, wheel("My.Pkg", "1.0", "Requires-Python: three"))
    assert (answer.status_code, answer.json()) == (400, wrong)
    answer = upload(api(cast.developer), cast.library, source_archive(), requires_python="three")
    assert (answer.status_code, answer.json()) == (400, wrong)


def test_a_file_is_never_replaced(cast: Cast, api: Any, stored_wheel: Any):
    for built in (WHEEL, Built(WHEEL.file_name, wheel("My.Pkg", "1.0").content)):
        answer = upload(api(cast.developer), cast.library, built)
        taken = "400 Bad request - Validation failed: File name has already been taken"
        assert (answer.status_code, answer.json()) == (400, {"message": taken})
    assert PackageFile.objects.get().sha256 == SHA256


def test_a_python_package_over_the_limit_is_refused(cast: Cast, api: Any, settings: Any):
    settings.PYPI_PACKAGE_BYTES = 10
    answer = upload(api(cast.developer), cast.library)
    assert (answer.status_code, answer.json()) == (413, {"message": "413 Request Entity Too Large"})


def test_versions_have_one_form(cast: Cast, api: Any):
    built = wheel("My.Pkg", "1.0.0b1")
    assert upload(api(cast.developer), cast.library, built, version="v1.0.0-beta.1").status_code == 201
    assert index(api(cast.reporter), cast.library)["versions"] == ["1.0.0b1"]


def test_versions_that_are_equal_and_written_differently_are_packages_of_their_own(cast: Cast, api: Any):
    for version in ("1.0", "1.0.0"):
        built = wheel("My.Pkg", version)
        assert upload(api(cast.developer), cast.library, built, version=version).status_code == 201
    assert [package.version for package in Package.objects.order_by("pk")] == ["1.0", "1.0.0"]
    built = wheel("My.Pkg", "1.0.0")
    refused = upload(api(cast.developer), cast.library, built, version="1.0")
    assert refused.json()["message"].endswith("File name does not match the name and version")
