"""CI variables that are stored for a project, a group or the instance."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from identity.encryption import decrypt
from jobs.querysets import CiVariableQuerySet
from projects.models import Group, Project

ANY_ENVIRONMENT = "*"


class VariableType(models.TextChoices):
    ENV_VAR = "env_var", _("Text")
    FILE = "file", _("File")


class CiVariable(models.Model):
    """Belongs to a project, a group or, with neither, the instance. The value is encrypted (identity.encryption).

    A project or group may have several variables with the same key, but only one per environment scope.
    """

    project = models.ForeignKey(
        Project, null=True, editable=False, on_delete=models.CASCADE, related_name="ci_variables"
    )
    group = models.ForeignKey(Group, null=True, editable=False, on_delete=models.CASCADE, related_name="ci_variables")
    key = models.CharField(max_length=255)
    sealed = models.TextField(editable=False)
    variable_type = models.CharField(max_length=10, choices=VariableType.choices, default=VariableType.ENV_VAR)
    environment_scope = models.CharField(max_length=255, default=ANY_ENVIRONMENT)
    protected = models.BooleanField(default=False, help_text=_("For jobs on protected refs only."))
    masked = models.BooleanField(default=False, help_text=_("Its value is hidden in logs."))
    hidden = models.BooleanField(default=False, help_text=_("Nobody is shown its value again."))
    raw = models.BooleanField(default=False, help_text=_("A $ in its value means nothing."))
    description = models.CharField(max_length=255, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = CiVariableQuerySet.as_manager()

    class Meta:
        verbose_name = "CI variable"
        ordering = ("key", "environment_scope")
        constraints = [
            models.CheckConstraint(condition=Q(group=None) | Q(project=None), name="variable_of_one_place"),
            models.CheckConstraint(condition=Q(hidden=False) | Q(masked=True), name="hidden_variable_is_masked"),
            models.UniqueConstraint(
                F("project"), F("key"), F("environment_scope"),
                name="variable_once_per_project", condition=Q(project__isnull=False),
            ),
            models.UniqueConstraint(
                F("group"), F("key"), F("environment_scope"),
                name="variable_once_per_group", condition=Q(group__isnull=False),
            ),
            models.UniqueConstraint(
                F("key"), F("environment_scope"),
                name="variable_once_per_instance", condition=Q(project=None, group=None),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.key

    @property
    def value(self) -> str:
        """Raises identity.encryption.DecryptionError."""
        return decrypt(self.sealed)
