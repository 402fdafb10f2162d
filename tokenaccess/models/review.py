"""Access reviews: somebody walked through all entries of the lists of a project or group, and signed for it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from projects.models import Group, Project
from tokenaccess.models.allowlist import Direction
from tokenaccess.models.list_entry import ListEntry

MAX_NOTE_LENGTH = 1000


class ReviewDecision(models.TextChoices):
    KEEP = "keep"
    CHANGE_END = "change_end"
    SUSPEND = "suspend"
    REMOVE = "remove"


class AccessReview(models.Model):
    """Of one project or group. Open until it is signed off; there is one at most that is open."""

    project = models.ForeignKey(Project, null=True, on_delete=models.CASCADE, related_name="access_reviews")
    group = models.ForeignKey(Group, null=True, on_delete=models.CASCADE, related_name="access_reviews")
    started_at = models.DateTimeField(auto_now_add=True)
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    signed_off_at = models.DateTimeField(null=True)
    signed_off_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    note = models.TextField(blank=True, max_length=MAX_NOTE_LENGTH)

    class Meta:
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(
                fields=["project"], condition=Q(signed_off_at=None), name="one_open_review_of_a_project"
            ),
            models.UniqueConstraint(
                fields=["group"], condition=Q(signed_off_at=None), name="one_open_review_of_a_group"
            ),
            models.CheckConstraint(
                condition=Q(project=None, group__isnull=False) | Q(project__isnull=False, group=None),
                name="review_of_project_or_group",
            ),
        ]

    def __str__(self) -> str:
        return gettext("Access review of %(place)s") % {"place": self.holder}

    @property
    def holder(self) -> Project | Group:
        """Whose lists it is about."""
        found = self.project or self.group
        assert found is not None  # the database says so: review_of_project_or_group
        return found

    @property
    def is_open(self) -> bool:
        return self.signed_off_at is None


class ReviewedEntry(models.Model):
    """What was decided about one entry, as it was then: both outlive it. `entry_id` is its number, also once it is
    gone. `reviewer_name`: outlives the account."""

    review = models.ForeignKey(AccessReview, on_delete=models.CASCADE, related_name="decisions")
    entry_id = models.BigIntegerField()
    direction = models.CharField(max_length=8, choices=Direction.choices)
    target_kind = models.CharField(max_length=7)
    target_id = models.BigIntegerField()
    target_path = models.CharField(max_length=1024)
    default_permissions = models.BooleanField()
    permissions = models.JSONField(default=list)
    reason = models.TextField(blank=True)
    expires_at = models.DateField(null=True, help_text=_("As it was decided."))
    decision = models.CharField(max_length=10, choices=ReviewDecision.choices)
    note = models.TextField(blank=True, max_length=MAX_NOTE_LENGTH)
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    reviewer_name = models.CharField(max_length=255)
    at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("id",)
        verbose_name_plural = "reviewed entries"
        constraints = [models.UniqueConstraint(fields=["review", "entry_id"], name="entry_reviewed_once")]

    def __str__(self) -> str:
        return f"{self.target_path}: {self.get_decision_display()}"

    @classmethod
    def of(cls, entry: ListEntry) -> ReviewedEntry:
        """As the entry is now, without a decision."""
        return cls(
            entry_id=entry.pk,
            direction=entry.direction,
            target_kind=entry.kind,
            target_id=entry.target.pk,
            target_path=entry.target.full_path,
            default_permissions=entry.default_permissions,
            permissions=entry.permissions,
            reason=entry.reason,
            expires_at=entry.expires_at,
        )
