"""What the registry would report of a push or a deletion."""

from __future__ import annotations

from typing import Any

from django.test import Client

from identity.secrets import digest
from resources.containers.engine import config

ADDRESS = "/api/v4/container_registry_event/events"
IMAGE = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"


def sha(number: int) -> str:
    return f"sha256:{number:064x}"


def send(*events: Any, secret: str | None = None) -> Any:
    headers = {"Authorization": digest(config._EVENTS) if secret is None else secret}
    return Client().post(ADDRESS, {"events": list(events)}, content_type="application/json", headers=headers)


def push(
    path: str, tag: str = "", image: int = 1, actor: str = "", at: str = "2026-01-01T00:00:00Z", **target: Any
) -> dict[str, Any]:
    found = {
        "mediaType": IMAGE,
        "size": 400,
        "digest": sha(image),
        "repository": path,
        "references": [
            {"mediaType": CONFIG, "size": 200, "digest": sha(image + 1000)},
            {"mediaType": LAYER, "size": 3000, "digest": sha(image + 2000)},
        ],
        **({"tag": tag} if tag else {}),
        **target,
    }
    return {"id": "1", "timestamp": at, "action": "push", "target": found, "actor": {"name": actor}}


def deletion(path: str, at: str = "2026-01-02T00:00:00Z", actor: str = "", **target: Any) -> dict[str, Any]:
    found = {"repository": path, **target}
    return {"id": "1", "timestamp": at, "action": "delete", "target": found, "actor": {"name": actor}}
