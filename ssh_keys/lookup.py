"""Finds the key that somebody signed in with, and says as whom it acts."""

from __future__ import annotations

from identity.credentials.usage import record_use
from ssh_keys.models import SshKey
from tokenaccess.access.facts import person_of
from tokenaccess.policy.callers import DeployKey, InvalidCredential, Person

GIT_SCOPES = frozenset({"write_repository"})  # of a person's key: git both ways, never the API


def find_key(fingerprint: str) -> SshKey | None:
    """One that may sign in at all. Whether it, or its person, still may is asked with what they do."""
    key = SshKey.objects.filter(fingerprint_sha256=fingerprint.removeprefix("SHA256:")).first()
    return key if key is not None and key.signs_in else None


def find_usable_key(key_id: int, address: str | None = None) -> SshKey | None:
    """With its person. Notes its use. One that has expired is found too."""
    key = SshKey.objects.select_related("user").filter(pk=key_id).first()
    if key is None or not key.signs_in:
        return None
    if not key.expired:
        record_use(key, address)
    return key


def caller_of(key: SshKey) -> Person | DeployKey | InvalidCredential:
    """As whom it acts over SSH."""
    if key.expired:
        return InvalidCredential()
    return _deploy_caller(key) if key.user is None else person_of(key.user, GIT_SCOPES)


def _deploy_caller(key: SshKey) -> DeployKey:
    enabled = key.deploy_key_projects.values_list("project_id", "can_push", "granted_by_id")
    projects = {project: by if can_push else None for project, can_push, by in enabled}
    return DeployKey(key.pk, key.title, frozenset(projects), {place: by for place, by in projects.items() if by})
