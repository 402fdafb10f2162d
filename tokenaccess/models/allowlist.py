"""Entries of the inbound and outbound allowlists."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from projects.models import Group, Project
from tokenaccess.models.list_entry import ListEntry
from tokenaccess.querysets import AllowlistQuerySet


class Direction(models.TextChoices):
    INBOUND = "inbound", _("May come in")
    OUTBOUND = "outbound", _("May be reached")


class AllowlistEntry(ListEntry):
    """`project` owns the list. The entry names another project, or (inbound only) a group with all its projects.
    Outbound, conditions have no meaning.
    """

    holder_field = "project"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="allowlist")
    direction = models.CharField(max_length=8, choices=Direction.choices, default=Direction.INBOUND)
    target_project = models.ForeignKey(
        Project, null=True, blank=True, on_delete=models.CASCADE, related_name="listed_in"
    )
    target_group = models.ForeignKey(Group, null=True, blank=True, on_delete=models.CASCADE, related_name="listed_in")
    autopopulated = models.BooleanField(default=False, editable=False)

    objects = AllowlistQuerySet.as_manager()

    class Meta:
        ordering = ("id",)
        verbose_name_plural = "allowlist entries"
        constraints = [
            models.CheckConstraint(
                condition=Q(target_project__isnull=False, target_group=None)
                | Q(target_project=None, target_group__isnull=False, direction=Direction.INBOUND),
                name="entry_names_project_or_inbound_group",
            ),
            models.CheckConstraint(condition=~Q(project=models.F("target_project")), name="entry_is_not_its_own"),
            models.UniqueConstraint(fields=["project", "target_project", "direction"], name="project_listed_once"),
            models.UniqueConstraint(fields=["project", "target_group"], name="group_listed_once"),
        ]
        # By which every check of a job finds that there are none (access.sql.check_statement).
        indexes = [models.Index(fields=["project"], name="conditional_entries", condition=~Q(conditions={}))]

    def __str__(self) -> str:
        return gettext("%(source)s in the list of %(target)s") % {
            "source": self.target.full_path,
            "target": self.project.full_path,
        }
