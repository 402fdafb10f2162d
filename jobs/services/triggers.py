"""Trigger tokens: making, describing, deleting, using."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from audit import services as audit
from identity.models import User
from identity.sealed import seal
from identity.secrets import Prefix, digest, digests, is_well_formed, mint
from jobs.models import Pipeline, TriggerToken
from jobs.services.drafts import Refused
from projects.models import Project

USED_EVERY = timedelta(minutes=1)
# A pipeline that starts a pipeline that starts … ends here, so that a circle of projects ends at all.
LONGEST_CHAIN = 10


@transaction.atomic
def create_trigger(
    *, project: Project, owner: User, description: str, expires_at: datetime | None = None
) -> tuple[TriggerToken, str]:
    """With the token's plain text. Raises ValidationError by field."""
    _validate(description)
    secret = mint(Prefix.TRIGGER)
    made = TriggerToken.objects.create(
        project=project,
        owner=owner,
        description=description,
        digest=digest(secret),
        sealed=seal(secret),
        short=secret.removeprefix(Prefix.TRIGGER)[:4],
        expires_at=expires_at,
    )
    path = project.full_path
    audit.record("trigger_created", f"Trigger “{description}” of {path} was made", by=owner, on=project, path=path)
    return made, secret


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
        raise ValidationError({"description": ["can't be blank"]})
    if len(description) > 255:
        raise ValidationError({"description": ["is too long (maximum is 255 characters)"]})


def find_trigger(secret: str) -> TriggerToken | None:
    """The live trigger with this token, by whatever project: what a caller says the project is called plays no part, so
    that nobody learns by the work whether there is such a one."""
    if not is_well_formed(secret, Prefix.TRIGGER):
        return None
    rows = TriggerToken.objects.select_related("owner", "project__group").filter(project__pending_deletion=False)
    found = rows.filter(digest__in=digests(secret)).first()
    return None if found is None or found.expired or not found.owner.is_active else found


def note_trigger_used(trigger: TriggerToken) -> None:
    now = timezone.now()
    if trigger.last_used_at is None or trigger.last_used_at < now - USED_EVERY:
        TriggerToken.objects.filter(pk=trigger.pk).update(last_used_at=now)


def check_chain(job_id: int) -> None:
    """Raises Refused when the job's pipeline is already the last of a chain."""
    pipeline = Pipeline.objects.filter(jobs=job_id).first()
    length = 1
    while pipeline is not None and pipeline.started_by_job_id is not None:
        length += 1
        if length >= LONGEST_CHAIN:
            raise Refused(f"The chain of pipelines that start each other is {LONGEST_CHAIN} long already")
        pipeline = Pipeline.objects.filter(jobs=pipeline.started_by_job_id).first()
