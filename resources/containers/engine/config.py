"""The configuration of the registry, made from ours (resources.md §3.4)."""

from __future__ import annotations

import hmac
import os
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings

from identity.secrets import digest, digests
from resources.containers.engine import keys
from resources.containers.engine.tokens import ISSUER, SERVICE

EVENTS_PATH = "/api/v4/container_registry_event/events"
_EVENTS = "secret of the container registry's events"
_UPLOADS = "secret of the container registry's uploads"
_ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - what is listened on, and how to reach it


def is_event_secret(text: str) -> bool:
    """Also one made with a former key of the instance: the registry keeps it until it is started anew."""
    return any(hmac.compare_digest(text.encode(), known.encode()) for known in digests(_EVENTS))


def config_path() -> Path:
    return Path(settings.REGISTRY_DIR) / "config.yml"


def write_config() -> Path:
    """With the keys that it names. Only its owner may read it: there are secrets in it."""
    keys.ensure_keys()
    path = config_path()
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "w") as file:
        yaml.safe_dump(_config(), file, sort_keys=False)
    os.replace(temporary, path)
    return path


def _config() -> dict[str, Any]:
    return {
        "version": 0.1,
        # At "info" it would log the secret of the events, and each request.
        "log": {"level": "error", "accesslog": {"disabled": True}},
        "storage": {
            "filesystem": {"rootdirectory": str(Path(settings.REGISTRY_DIR) / "storage")},
            "delete": {"enabled": True},
        },
        "http": {
            "addr": f"127.0.0.1:{settings.REGISTRY_PORT}",
            "host": settings.REGISTRY_URL,
            "secret": digest(_UPLOADS),
            "draintimeout": "4s",
        },
        "auth": {
            "token": {
                "realm": f"{settings.EXTERNAL_URL}/jwt/auth",
                "service": SERVICE,
                "issuer": ISSUER,
                "rootcertbundle": str(keys.bundle_path()),
            }
        },
        "notifications": {"events": {"includereferences": True}, "endpoints": [_endpoint()]},
    }


def _endpoint() -> dict[str, Any]:
    host = _ANY_ADDRESS.get(settings.BIND, settings.BIND)
    address = f"[{host}]" if ":" in host else host
    return {
        "name": "token-access",
        "url": f"http://{address}:{settings.PORT}{EVENTS_PATH}",
        "headers": {"Authorization": [digest(_EVENTS)]},
        "timeout": "5s",
        "threshold": 3,
        "backoff": "1s",
        # Layers count with the manifest that names them.
        "ignore": {"mediatypes": ["application/octet-stream"], "actions": ["pull"]},
    }
