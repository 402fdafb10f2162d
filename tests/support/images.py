"""Images as folders in OCI's layout, which skopeo copies from: small, each with a layer of its own."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import tarfile
from pathlib import Path
from typing import Any

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
CREATED = "2024-01-02T03:04:05Z"


def image(folder: Path, created: str = CREATED) -> str:
    """A one-layer image for linux/amd64; its digest."""
    return _layout(folder, _manifest(folder, "amd64", created))


def index(folder: Path, *architectures: str) -> str:
    """An index with an image for each architecture; its digest."""
    manifests = [_manifest(folder, name, CREATED) for name in architectures]
    body = {"schemaVersion": 2, "mediaType": INDEX, "manifests": manifests}
    return _layout(folder, _put_json(folder, body, INDEX))


def artifact(folder: Path) -> str:
    """What oras pushes: a file that is no image, under a manifest of its own kind; its digest."""
    config = _put(folder, b"{}", "application/vnd.example.report.config.v1+json")
    layer = _put(folder, b"all is well", "text/plain") | {"annotations": {"org.opencontainers.image.title": "report"}}
    body = {"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": [layer]}
    return _layout(folder, _put_json(folder, body, MANIFEST))


def layer_of(folder: Path) -> str:
    """The digest of an image's one layer."""
    blobs = folder / "blobs" / "sha256"
    (descriptor,) = json.loads((folder / "index.json").read_text())["manifests"]
    manifest = json.loads((blobs / descriptor["digest"].partition(":")[2]).read_text())
    return str(manifest["layers"][0]["digest"])


def _manifest(folder: Path, architecture: str, created: str) -> dict[str, Any]:
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w") as archive:
        entry = tarfile.TarInfo("file")
        entry.size = 1000
        archive.addfile(entry, io.BytesIO(os.urandom(1000)))
    layer = _put(folder, gzip.compress(tar.getvalue()), LAYER)
    diff = f"sha256:{hashlib.sha256(tar.getvalue()).hexdigest()}"
    settings = {
        "architecture": architecture,
        "os": "linux",
        "created": created,
        "config": {},
        "rootfs": {"type": "layers", "diff_ids": [diff]},
    }
    body = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": _put_json(folder, settings, CONFIG),
        "layers": [layer],
    }
    platform = {"architecture": architecture, "os": "linux"}
    return _put_json(folder, body, MANIFEST) | {"platform": platform}


def _put_json(folder: Path, body: Any, media_type: str) -> dict[str, Any]:
    return _put(folder, json.dumps(body).encode(), media_type)


def _put(folder: Path, content: bytes, media_type: str) -> dict[str, Any]:
    digest = hashlib.sha256(content).hexdigest()
    blobs = folder / "blobs" / "sha256"
    blobs.mkdir(parents=True, exist_ok=True)
    (blobs / digest).write_bytes(content)
    return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": len(content)}


def _layout(folder: Path, descriptor: dict[str, Any]) -> str:
    (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    (folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [descriptor]}))
    return str(descriptor["digest"])
