"""Public keys, and people's and projects' SSH keys."""

from __future__ import annotations

from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from identity.models import User
from projects.models import Project
from ssh_keys import services
from ssh_keys.models import SshKey


def public_key(key: Any = None, comment: str = "") -> str:
    made = (key or Ed25519PrivateKey.generate()).public_key()
    return f"{made.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()} {comment}".strip()


def ssh_key(user: User, **fields: Any) -> SshKey:
    return services.add_key(user, by=user, **{"title": "laptop", "key": public_key(), **fields})


def deploy_key(project: Project, by: User, **fields: Any) -> SshKey:
    return services.add_deploy_key(project, by=by, **{"title": "robot", "key": public_key(), **fields})
