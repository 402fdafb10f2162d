"""What a group's Token Access sets for all projects below it, in whatever subgroup (docs/group-rules.md)."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from projects.models import Group, Project
from tokenaccess.models.allowlist import Direction
from tokenaccess.models.instance import INBOUND_MODES
from tokenaccess.models.list_entry import ListEntry
from tokenaccess.policy.levels import InboundMode
from tokenaccess.querysets import GroupAllowlistQuerySet, GroupRuleQuerySet


class GroupRule(models.Model):
    """A group without a row sets nothing. A group with entries has one, for the access check to find them by."""

    group = models.OneToOneField(Group, primary_key=True, on_delete=models.CASCADE, related_name="token_access_rule")
    inbound_mode = models.PositiveSmallIntegerField(
        "limit access to all projects below",
        choices=INBOUND_MODES,
        default=InboundMode.OPEN.value,
        help_text=_("The least that every project below does. Open: each project decides."),
    )
    has_ceiling = models.BooleanField(
        "the list is the most that projects below may open",
        default=False,
        help_text=_(
            "Entries of projects and groups below have no effect beyond what this list, and those of the groups "
            "above, grant."
        ),
    )
    is_locked = models.BooleanField(
        "projects below cannot weaken their limit",
        default=False,
        help_text=_("Nobody below can choose a weaker mode, or add or widen an entry."),
    )

    objects = GroupRuleQuerySet.as_manager()

    class Meta:
        verbose_name = "group rule"

    def __str__(self) -> str:
        return gettext("Token Access of %(place)s") % {"place": self.group}


class GroupAllowlistEntry(ListEntry):
    """Jobs of the target (of a group: of all projects in it) may access every project below `group`."""

    holder_field = "group"
    direction = Direction.INBOUND  # as all that a group lists

    group = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="allowlist")
    target_project = models.ForeignKey(
        Project, null=True, blank=True, on_delete=models.CASCADE, related_name="listed_in_groups"
    )
    target_group = models.ForeignKey(
        Group, null=True, blank=True, on_delete=models.CASCADE, related_name="listed_in_groups"
    )
    objects = GroupAllowlistQuerySet.as_manager()

    class Meta:
        ordering = ("id",)
        verbose_name_plural = "group allowlist entries"
        constraints = [
            models.CheckConstraint(
                condition=Q(target_project__isnull=False, target_group=None)
                | Q(target_project=None, target_group__isnull=False),
                name="group_entry_names_project_or_group",
            ),
            models.UniqueConstraint(fields=["group", "target_project"], name="project_listed_once_by_group"),
            models.UniqueConstraint(fields=["group", "target_group"], name="group_listed_once_by_group"),
        ]
        indexes = [models.Index(fields=["group"], name="conditional_group_entries", condition=~Q(conditions={}))]

    def __str__(self) -> str:
        return gettext("%(source)s in the list of %(target)s") % {"source": self.target, "target": self.group}
