"""Changes to SSH keys: each one transaction, each with its line in the audit."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from audit import services as audit
from identity.models import User
from projects.models import Project
from ssh_keys.models import DeployKeyProject, SshKey, UsageType
from ssh_keys.public_keys import InvalidKey, PublicKey
from ssh_keys.querysets import SshKeyQuerySet
from tokenaccess.access.gate import user_is_allowed
from tokenaccess.policy import Action
from tokenaccess.policy.levels import Role

MAX_KEYS = 100  # of one person, and deploy keys of one project


def add_key(
    user: User,
    *,
    by: User | None,
    title: str,
    key: str,
    expires_at: datetime | None = None,
    usage_type: str = UsageType.AUTH_AND_SIGNING,
) -> SshKey:
    """Raises ValidationError by field."""
    _check_count(SshKey.objects.of_person(user).count())
    with transaction.atomic():
        made = _create(key, title=title, user=user, expires_at=expires_at, usage_type=usage_type)
        _record("ssh_key_added", f"SSH key '{made.title}' of {user} was added", made, user, user.username, by)
    return made


@transaction.atomic
def remove_key(key: SshKey, *, by: User | None) -> None:
    assert key.user is not None
    _record("ssh_key_removed", f"SSH key '{key.title}' of {key.user} was removed", key, key.user, key.user.username, by)
    key.delete()


def add_deploy_key(
    project: Project,
    *,
    by: User,
    title: str,
    key: str,
    can_push: bool = False,
    expires_at: datetime | None = None,
) -> SshKey:
    """A new one, or the same one that `by` could enable. Raises ValidationError by field."""
    _check_count(project.deploy_key_projects.count())
    with transaction.atomic():
        made = _find_enableable(key, by) or _create(key, title=title, creator=by, expires_at=expires_at)
        return _enable(made, project, by=by, can_push=can_push)


def _find_enableable(text: str, user: User) -> SshKey | None:
    try:
        return enableable_keys(user).filter(fingerprint_sha256=PublicKey.parse(text).sha256).first()
    except InvalidKey:
        return None


def enableable_keys(user: User) -> SshKeyQuerySet:
    """Deploy keys that `user` may enable in a project of theirs: public ones, and those of projects they maintain."""
    maintained = Project.objects.alive().with_min_role(user, Role.MAINTAINER).values("pk")
    enabled = DeployKeyProject.objects.filter(project__in=maintained).values("key")
    return SshKey.objects.deploy_keys().filter(Q(is_public=True) | Q(pk__in=enabled))


def enable_deploy_key(key: SshKey, project: Project, *, by: User) -> SshKey:
    """Read-only; once more changes nothing. Raises ValidationError."""
    if project.deploy_key_projects.filter(key=key).exists():
        return key
    _check_count(project.deploy_key_projects.count())
    return _enable(key, project, by=by, can_push=False)


@transaction.atomic
def _enable(key: SshKey, project: Project, *, by: User, can_push: bool) -> SshKey:
    _, is_new = DeployKeyProject.objects.get_or_create(
        key=key, project=project, defaults={"can_push": can_push, "granted_by": by}
    )
    if is_new:
        message = f"Deploy key '{key.title}' was enabled in {project.full_path}"
        _record("deploy_key_enabled", message, key, project, project.full_path, by, can_push=can_push)
    return key


@transaction.atomic
def update_deploy_key(
    enabled: DeployKeyProject,
    *,
    by: User,
    title: str | None = None,
    can_push: bool | None = None,
    expires_at: datetime | None = None,
) -> None:
    """Its title and end everywhere; whether it may push, in this project alone. Raises ValidationError by field."""
    key, project = enabled.key, enabled.project
    _check_end(expires_at)
    before = {"title": key.title, "expires_at": key.expires_at}
    key.title = key.title if title is None else _clean_title(title)
    key.expires_at = expires_at or key.expires_at
    if changes := [name for name, value in before.items() if value != getattr(key, name)]:
        _check_everywhere(key, by, changes)
        key.save(update_fields=[*changes, "updated_at"])
    if can_push is not None:
        enabled.can_push, enabled.granted_by = can_push, by
        enabled.save(update_fields=["can_push", "granted_by", "updated_at"])
    message = f"Deploy key '{key.title}' of {project.full_path} was changed"
    _record("deploy_key_changed", message, key, project, project.full_path, by, can_push=enabled.can_push)


def _check_everywhere(key: SshKey, by: User, names: list[str]) -> None:
    """What counts in every project with the key is changed by who maintains them all, and of a public key by
    administrators."""
    if user_is_allowed(by, Action.ADMINISTER):
        return
    maintained = Project.objects.alive().with_min_role(by, Role.MAINTAINER).values("pk")
    elsewhere = Project.objects.alive().filter(deploy_key_projects__key=key).exclude(pk__in=maintained)
    if key.is_public or elsewhere.exists():
        raise ValidationError({name: ["cannot be changed here: it counts in other projects too"] for name in names})


@transaction.atomic
def disable_deploy_key(enabled: DeployKeyProject, *, by: User) -> None:
    """One that is enabled nowhere else goes with it, unless it is public."""
    key, project = enabled.key, enabled.project
    message = f"Deploy key '{key.title}' was removed from {project.full_path}"
    _record("deploy_key_removed", message, key, project, project.full_path, by)
    enabled.delete()
    if not key.is_public and not key.deploy_key_projects.exists():
        key.delete()


@transaction.atomic
def add_public_deploy_key(*, by: User, title: str, key: str, expires_at: datetime | None = None) -> SshKey:
    """For every project's maintainers to enable. Raises ValidationError by field."""
    made = _create(key, title=title, creator=by, expires_at=expires_at, is_public=True)
    _record("deploy_key_added", f"Public deploy key '{made.title}' was added", made, made, made.title, by)
    return made


@transaction.atomic
def delete_any_key(key: SshKey, *, by: User | None) -> None:
    """Whosever it is, from every project."""
    _record("ssh_key_removed", f"SSH key '{key.title}' was removed", key, key, key.title, by)
    key.delete()


def _create(text: str, *, title: str, expires_at: datetime | None, **fields: Any) -> SshKey:
    try:
        key = PublicKey.parse(text)
    except InvalidKey as error:
        raise ValidationError({"key": [str(error)]}) from error
    _check_end(expires_at)
    row = SshKey(
        title=_clean_title(title or key.comment),
        public_key=key.text,
        comment=key.comment,
        fingerprint_sha256=key.sha256,
        fingerprint_md5=key.md5,
        expires_at=expires_at,
        **fields,
    )
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:  # of the fingerprint, whosever it is
        raise ValidationError({"fingerprint_sha256": ["has already been taken"]}) from error
    return row


def _check_end(expires_at: datetime | None) -> None:
    if expires_at is not None and expires_at <= timezone.now():
        raise ValidationError({"expires_at": ["cannot be a date in the past"]})


def _clean_title(title: str) -> str:
    """The greeting shows it on a terminal: one line of what can be printed."""
    clean = "".join(letter for letter in " ".join(title.split()) if letter.isprintable())[:255]
    if not clean:
        raise ValidationError({"title": ["can't be blank"]})
    return clean


def _check_count(count: int) -> None:
    if count >= MAX_KEYS:
        raise ValidationError({"base": [f"There are {MAX_KEYS} keys. Remove some first"]})


def _record(event: str, message: str, key: SshKey, on: Any, path: str, by: User | None, **more: bool) -> None:
    audit.record(event, message, by=by, on=on, path=path, key_id=key.pk, fingerprint=key.fingerprint, **more)
