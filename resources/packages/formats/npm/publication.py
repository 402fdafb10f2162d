"""What `npm publish` asks for, read from its document and held against the bytes that came (resources.md §2.3)."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

import orjson

from blobs.store import TemporaryBlob
from resources.packages.formats.npm import names

MAX_MANIFEST = 64 * 1024  # of one version, as JSON; it is in every document of its package
MAX_TAGS = 100  # that one publication sets; npm itself sets one
DIGESTS = ("sha1", "sha512")
_INSTALL_SCRIPTS = {"preinstall", "install", "postinstall"}
_NOT_KEPT = {"readme", "readmeFilename", "dist", "gitHead"}


class InvalidPublication(Exception):
    """The words are for the client."""


@dataclass(frozen=True)
class Publication:
    """One version of a package. `manifest` is what documents show of it, `tags` the dist-tags that shall mean it."""

    name: str
    version: str
    manifest: dict[str, Any]
    tags: list[str]

    @property
    def file_name(self) -> str:
        return names.file_name(self.name, self.version)


def read_publication(name: str, document: dict[str, Any], upload: TemporaryBlob) -> Publication:
    """Raises InvalidPublication."""
    version, manifest = _read_version(name, document)
    _check_attachment(names.file_name(name, version), document, upload)
    _check_digests(manifest.get("dist"), upload)
    return Publication(name, version, _manifest_to_store(manifest, upload), _read_tags(version, document))


def _read_version(name: str, document: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The one version and its manifest, package.json as npm completes it."""
    if document.get("name") != name or not names.is_package_name(name):
        raise InvalidPublication("Package name is invalid.")
    versions = document.get("versions")
    if not isinstance(versions, dict) or not versions:
        raise InvalidPublication("Version is empty.")
    if len(versions) > 1:
        raise InvalidPublication("Only one version can be published at a time.")
    ((version, manifest),) = versions.items()
    if not names.is_version(version):
        raise InvalidPublication("Version is invalid.")
    if not isinstance(manifest, dict) or manifest.get("name") != name or manifest.get("version") != version:
        raise InvalidPublication("The manifest is not that of the version.")
    return version, manifest


def _check_attachment(file_name: str, document: dict[str, Any], upload: TemporaryBlob) -> None:
    attachments = document.get("_attachments")
    if not isinstance(attachments, dict) or not upload.size:
        raise InvalidPublication("Attachment data is empty.")
    if list(attachments) != [file_name] or not isinstance(attachments[file_name], dict):
        raise InvalidPublication(f"The attachment must be {file_name} alone.")
    length = attachments[file_name].get("length", upload.size)
    if length != upload.size:
        raise InvalidPublication("Attachment length is wrong.")


def _check_digests(dist: Any, upload: TemporaryBlob) -> None:
    """`shasum` is a SHA-1 in hex, `integrity` one or several digests as browsers write them."""
    dist = dist if isinstance(dist, dict) else {}
    shasum, integrity = dist.get("shasum"), dist.get("integrity")
    if shasum is not None and shasum != upload.digests["sha1"]:
        raise InvalidPublication("dist.shasum does not match the attachment.")
    for known in str(integrity).split() if integrity is not None else ():
        algorithm, _, digest = known.partition("-")
        if algorithm not in upload.digests:
            raise InvalidPublication("dist.integrity has a digest of an unknown kind.")
        if digest.partition("?")[0] != _base64(upload.digests[algorithm]):
            raise InvalidPublication("dist.integrity does not match the attachment.")


def _base64(hex_digest: str) -> str:
    return base64.b64encode(bytes.fromhex(hex_digest)).decode()


def integrity(upload: TemporaryBlob) -> str:
    return f"sha512-{_base64(upload.digests['sha512'])}"


def _manifest_to_store(manifest: dict[str, Any], upload: TemporaryBlob) -> dict[str, Any]:
    """What is stored: the manifest without what is too long to repeat in every document, and our own digests."""
    kept = {key: value for key, value in manifest.items() if not key.startswith("_") and key not in _NOT_KEPT}
    if manifest.get("_hasShrinkwrap") is True:
        kept["hasShrinkwrap"] = True
    scripts = manifest.get("scripts")
    if isinstance(scripts, dict) and _INSTALL_SCRIPTS.intersection(scripts):
        kept["hasInstallScript"] = True
    kept["dist"] = {"shasum": upload.digests["sha1"], "integrity": integrity(upload)}
    text = orjson.dumps(kept)
    if len(text) > MAX_MANIFEST:
        raise InvalidPublication(f"The manifest is too large (maximum is {MAX_MANIFEST} bytes).")
    if b"\\u0000" in text:
        raise InvalidPublication("The manifest has a NUL character.")
    return kept


def _read_tags(version: str, document: dict[str, Any]) -> list[str]:
    tags = document.get("dist-tags", {})
    if not isinstance(tags, dict) or any(meant != version for meant in tags.values()):
        raise InvalidPublication("dist-tags must name the version that is published.")
    if len(tags) > MAX_TAGS:
        raise InvalidPublication(f"There are too many dist-tags (maximum is {MAX_TAGS}).")
    if wrong := [tag for tag in tags if not names.is_tag(tag)]:
        raise InvalidPublication(f"{wrong[0][:100]} is no valid dist-tag.")
    return list(tags)
