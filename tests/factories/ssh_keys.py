"""People's and projects' SSH keys."""

from __future__ import annotations

from typing import Any

from identity.models import User
from projects.models import Project
from ssh_keys import services
from ssh_keys.models import SshKey
from tests.support.public_keys import public_key


def ssh_key(user: User, **fields: Any) -> SshKey:
    return services.add_key(user, by=user, **{"title": "laptop", "key": public_key(), **fields})


def deploy_key(project: Project, by: User, **fields: Any) -> SshKey:
    return services.add_deploy_key(project, by=by, **{"title": "robot", "key": public_key(), **fields})
