"""Deploy tokens: making and revoking (tokens.md §6.4)."""

from __future__ import annotations

import re
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit import services as audit
from identity.credentials.table import Prefix
from identity.encryption import DecryptionError, decrypt, encrypt
from identity.models import User
from identity.names import require_visible
from identity.secrets import digest, mint
from projects.models import Group, Project
from tokens.models import GITLAB_DEPLOY_TOKEN, DeployScope, DeployToken

MAX_TOKENS = 1000  # in use, of one project or group
_USERNAME = re.compile(r"[A-Za-z0-9_.+-]{1,255}", re.ASCII)


@transaction.atomic
def create_deploy_token(
    place: Project | Group,
    *,
    by: User,
    name: str,
    scopes: list[str],
    username: str = "",
    expires_at: datetime | None = None,
) -> tuple[DeployToken, str]:
    """The token and its plain text. Without a user name it is `gitlab+deploy-token-ID`. Raises ValidationError by
    field."""
    _validate(place, name, scopes, username, expires_at)
    secret = mint(Prefix.DEPLOY)
    token = DeployToken.objects.create(
        name=name.strip(),
        username=username,
        scopes=sorted(set(scopes)),
        creator=by,
        expires_at=expires_at,
        digest=digest(secret),
        sealed=encrypt(secret) if name.strip() == GITLAB_DEPLOY_TOKEN and isinstance(place, Project) else "",
        **{str(place.kind): place},
    )
    if not username:
        token.username = f"gitlab+deploy-token-{token.pk}"
        token.save(update_fields=["username"])
    _record("deploy_token_created", "created", token, by)
    return token, secret


@transaction.atomic
def revoke_deploy_token(token: DeployToken, *, by: User | None) -> None:
    """Works no longer from this moment; once more changes nothing."""
    if DeployToken.objects.filter(pk=token.pk, revoked=False).update(revoked=True, sealed=""):
        _record("deploy_token_revoked", "revoked", token, by)
    token.revoked = True


def token_for_jobs(project: Project) -> tuple[str, str] | None:
    """User name and plain text of the deploy token that the project's jobs are given, if there is one."""
    token = DeployToken.objects.of_place(project).active().filter(name=GITLAB_DEPLOY_TOKEN).order_by("-id").first()
    if token is None or not token.sealed:
        return None
    try:
        return token.username, decrypt(token.sealed)
    except DecryptionError:
        return None


def _validate(place: Project | Group, name: str, scopes: list[str], username: str, expires_at: datetime | None) -> None:
    if not name.strip():
        raise ValidationError({"name": [_("can't be blank")]})
    require_visible(name=name)
    if not scopes or not set(scopes) <= set(DeployScope.values):
        raise ValidationError({"scopes": [_("does not have a valid value")]})
    if username and not _USERNAME.fullmatch(username):
        raise ValidationError({"username": [_("can contain only letters, digits, '_', '-', '+', and '.'")]})
    if expires_at is not None and expires_at <= timezone.now():
        raise ValidationError({"expires_at": [_("cannot be a date in the past")]})
    if DeployToken.objects.of_place(place).active().count() >= MAX_TOKENS:
        raise ValidationError(
            {"base": [_("There are %(most)d deploy tokens in use. Revoke some first") % {"most": MAX_TOKENS}]}
        )


def _record(event: str, what: str, token: DeployToken, by: User | None) -> None:
    path = token.place.full_path
    message = f"Deploy token '{token.name}' of {path} was {what}"
    audit.record(event, message, by=by, on=token.place, path=path, token_id=token.pk, scopes=token.scopes)
