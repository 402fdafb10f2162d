"""Who changed which setting, when, from where. Rows are only ever added."""

from __future__ import annotations

from typing import Any, NoReturn

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class AuditEventQuerySet(models.QuerySet["AuditEvent"]):
    """The history cannot be rewritten through the ORM, not even by a slip in our own code."""

    def update(self, **values: Any) -> NoReturn:
        raise TypeError("Audit events are never changed.")

    def delete(self) -> NoReturn:
        raise TypeError("Audit events are never deleted.")

    def of_project(self, project_id: int) -> AuditEventQuerySet:
        return self.filter(target_type="project", target_id=project_id)

    def of_group(self, group_id: int) -> AuditEventQuerySet:
        return self.filter(target_type="group", target_id=group_id)


class AuditEvent(models.Model):
    """`target_*` is kept as plain values: the history of a thing outlives the thing, and the actor's name the actor."""

    at = models.DateTimeField(auto_now_add=True, db_index=True)
    event = models.CharField(max_length=80, db_index=True, help_text=_("What happened, as one stable name."))
    message = models.TextField(help_text="The same as a sentence.")
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, db_constraint=False, on_delete=models.DO_NOTHING, related_name="+"
    )
    actor_name = models.CharField(max_length=255)
    address = models.GenericIPAddressField(null=True, help_text=_("Where the request came from; empty for commands."))
    target_type = models.CharField(max_length=20)
    target_id = models.BigIntegerField()
    target_path = models.CharField(max_length=1024)
    details = models.JSONField(default=dict)

    objects = AuditEventQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        indexes = [models.Index(fields=["target_type", "target_id", "-id"], name="audit_of_target")]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.actor_name}: {self.message}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError("Audit events are never changed.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError("Audit events are never deleted.")
