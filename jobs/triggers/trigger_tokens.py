"""Creates, changes, deletes and looks up trigger tokens."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from audit import services as audit
from identity.credentials.table import Prefix
from identity.encryption import encrypt
from identity.models import User
from identity.names import require_visible
from identity.secrets import digest, mint
from jobs.models import TriggerToken
from projects.models import Project


@transaction.atomic
def create_trigger(
    *, project: Project, owner: User, description: str, expires_at: datetime | None = None
) -> tuple[TriggerToken, str]:
    """Create a trigger. Returns it with the token's plain text. Raises ValidationError by field."""
    _validate(description)
    secret = mint(Prefix.TRIGGER)
    trigger = TriggerToken.objects.create(
        project=project,
        owner=owner,
        description=description,
        digest=digest(secret),
        sealed=encrypt(secret),
        short=secret.removeprefix(Prefix.TRIGGER)[:4],
        expires_at=expires_at,
    )
    path = project.full_path
    audit.record("trigger_created", f"Trigger “{description}” of {path} was created", by=owner, on=project, path=path)
    return trigger, secret


@transaction.atomic
def update_trigger(trigger: TriggerToken, *, description: str, by: User) -> TriggerToken:
    _validate(description)
    trigger.description = description
    trigger.save(update_fields=["description", "updated_at"])
    path = trigger.project.full_path
    message = f"Trigger “{description}” of {path} was changed"
    audit.record("trigger_updated", message, by=by, on=trigger.project, path=path)
    return trigger


@transaction.atomic
def delete_trigger(trigger: TriggerToken, *, by: User) -> None:
    path = trigger.project.full_path
    message = f"Trigger “{trigger.description}” of {path} was deleted"
    audit.record("trigger_deleted", message, by=by, on=trigger.project, path=path)
    trigger.delete()


def _validate(description: str) -> None:
    if not description.strip():
        raise ValidationError({"description": [_("can't be blank")]})
    if len(description) > 255:
        raise ValidationError({"description": [_("is too long (maximum is %(most)d characters)") % {"most": 255}]})
    require_visible(description=description)
