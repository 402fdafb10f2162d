"""Reads the form of an upload: the file, and what twine says about it (resources.md §2.2)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from api.rest import ApiError, bad_request
from blobs.multipart import Form
from resources.packages.formats.pypi import names, wheel
from resources.packages.formats.pypi.names import Release

# The form's field → the digest of the same name in TemporaryBlob, and how many hexadecimal digits it has.
DIGESTS = {"sha256_digest": ("sha256", 64), "md5_digest": ("md5", 32), "blake2_256_digest": ("blake2_256", 64)}
EXTRA_DIGESTS = ("md5", "blake2_256")
_UNSUPPORTED = ("gpg_signature", "attestations")
_CONSTANTS = {":action": "file_upload", "protocol_version": "1"}
# Fields that an upload has at most once; others, such as classifiers, repeat.
_SINGLE = ("name", "version", "filetype", "requires_python", *DIGESTS, *_CONSTANTS)
_HEX = re.compile(r"[0-9A-Fa-f]+")
_FILE_TYPES: dict[str, tuple[str, ...]] = {"bdist_wheel": (names.WHEEL,), "sdist": names.SOURCE_ARCHIVES}


@dataclass(frozen=True)
class Distribution:
    """One file of a release. `metadata`: the core metadata of a wheel; None for a source archive."""

    release: Release
    file_name: str
    requires_python: str
    metadata: bytes | None


def read_distribution(form: Form) -> Distribution:
    """Raises ApiError for whatever is wrong with the form, or does not fit the file."""
    _check_repetition(form)
    fields = {name: values[0] for name, values in form.fields.items()}
    _check_presence(fields)
    _check_constants(fields)
    _check_digests(fields, form.file.digests)
    release = _release(fields, form.filename)
    metadata = _wheel_metadata(form, release)
    requires_python = fields.get("requires_python", "") if metadata is None else wheel.required_python(metadata)
    _check_requires_python(requires_python)
    return Distribution(release, form.filename, requires_python, metadata)


def _check_repetition(form: Form) -> None:
    repeated = [f"{name} is given more than once" for name in _SINGLE if len(form.fields.get(name, ())) > 1]
    if repeated:
        raise ApiError(400, {"error": ", ".join(repeated)})


def _check_presence(fields: dict[str, str]) -> None:
    missing = [f"{name} is missing" for name in ("name", "version") if not fields.get(name)]
    if missing:
        raise ApiError(400, {"error": ", ".join(missing)})


def _check_constants(fields: dict[str, str]) -> None:
    unsupported = [f"{name} is not supported" for name in _UNSUPPORTED if fields.get(name)]
    if unsupported:
        raise ApiError(400, {"error": ", ".join(unsupported)})
    for name, value in _CONSTANTS.items():
        if fields.get(name, value) != value:
            raise ApiError(400, {"error": f"{name} does not have a valid value"})


def _check_digests(fields: dict[str, str], digests: dict[str, str]) -> None:
    for name, (algorithm, length) in DIGESTS.items():
        value = fields.get(name, "")
        if value and not (len(value) == length and _HEX.fullmatch(value)):
            raise ApiError(400, {"error": f"{name} is invalid"})
        if value and value.lower() != digests[algorithm]:
            raise _failure(f"{name} is not that of the file received")


def _release(fields: dict[str, str], file_name: str) -> Release:
    if not names.is_name(fields["name"]):
        raise _failure("Name is invalid")
    if not names.is_version(fields["version"]):
        raise _failure("Version is invalid")
    if not names.is_file_name(file_name):
        raise _failure("File name is not that of a wheel or a source archive")
    release = names.release_of(fields["name"], fields["version"])
    if names.release_of_file(file_name) != release:
        raise _failure("File name does not match the name and version")
    kind = fields.get("filetype")
    if kind and not file_name.endswith(_FILE_TYPES.get(kind, ())):
        raise _failure("File name does not match the filetype")
    return release


def _wheel_metadata(form: Form, release: Release) -> bytes | None:
    if not form.filename.endswith(names.WHEEL):
        return None
    try:
        return wheel.read_metadata(form.file.path, release)
    except wheel.InvalidWheel as error:
        raise _failure(f"The file {error}") from error


def _check_requires_python(text: str) -> None:
    try:
        SpecifierSet(text)
    except InvalidSpecifier as error:
        raise _failure("Requires-Python is invalid") from error
    if len(text) > names.MAX_LENGTH or not text.isprintable():
        raise _failure("Requires-Python is invalid")


def _failure(reason: str) -> ApiError:
    return bad_request(f"Validation failed: {reason}")
