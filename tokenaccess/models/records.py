"""The access log: last authorizations and counted refusals (job-token.md §6)."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Coalesce
from django.utils.translation import gettext

from projects.models import Project
from tokenaccess.querysets import RefusalQuerySet


class RefusalManager(models.Manager.from_queryset(RefusalQuerySet)):  # type: ignore[misc] # made while running
    def __init__(self, trial: bool) -> None:
        super().__init__()
        self._trial = trial

    def get_queryset(self) -> RefusalQuerySet:
        rows: RefusalQuerySet = super().get_queryset().filter(trial=self._trial)
        return rows


class AuthorizationRecord(models.Model):
    """One row per target and source project; `used` maps a permission to the time of its last use."""

    accessed_project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="authorizations")
    origin_project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="authorizations_elsewhere")
    last_authorized_at = models.DateTimeField()
    used = models.JSONField(default=dict)

    class Meta:
        ordering = ("-last_authorized_at", "-id")
        constraints = [
            models.UniqueConstraint(fields=["accessed_project", "origin_project"], name="authorization_pair_once")
        ]

    def __str__(self) -> str:
        return gettext("%(source)s in %(target)s") % {"source": self.origin_project, "target": self.accessed_project}


class DailyCount(models.Model):
    """How many requests of jobs of one project another one admitted and refused on a day (UTC).

    A project's own jobs are not counted, nor what a trial would have refused. Kept for KEPT_DAYS (access_log.daily).
    """

    accessed_project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="daily_counts", db_index=False)
    origin_project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="daily_counts_elsewhere")
    day = models.DateField(db_index=True)
    uses = models.PositiveIntegerField(default=0)
    refusals = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ("-day", "id")
        constraints = [
            models.UniqueConstraint(fields=["accessed_project", "day", "origin_project"], name="daily_count_once")
        ]

    def __str__(self) -> str:
        return gettext("%(source)s in %(target)s on %(day)s") % {
            "source": self.origin_project,
            "target": self.accessed_project,
            "day": self.day,
        }


class JobUse(models.Model):
    """What a job used its token for: `name` is a permission, or an action that takes none."""

    job = models.ForeignKey("jobs.Job", on_delete=models.CASCADE, related_name="uses", db_index=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=60)

    class Meta:
        ordering = ("job", "project", "name")
        constraints = [models.UniqueConstraint(fields=["job", "project", "name"], name="job_use_once")]

    def __str__(self) -> str:
        return f"job {self.job_id}: {self.name} in {self.project_id}"


class RefusalRecord(models.Model):
    """Refusals of one job at one target for one reason, counted. `project` is None for an absent target.

    `trial`: nothing was refused, since the target only tries its limit; `objects` leaves those out, `trials` has them.

    The record outlives its target, whose id then refers to nothing: a count that drops would reveal to the maintainers
    of the job's project that the target existed.
    """

    origin_project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="refusals_elsewhere")
    job_id = models.BigIntegerField()
    project = models.ForeignKey(
        Project, null=True, db_constraint=False, on_delete=models.DO_NOTHING, related_name="refusals"
    )
    action = models.CharField(max_length=60)
    rule = models.CharField(max_length=20)
    sentence = models.TextField()
    count = models.PositiveIntegerField(default=1)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    trial = models.BooleanField(default=False)

    objects = RefusalManager(trial=False)
    trials = RefusalManager(trial=True)

    class Meta:
        ordering = ("-last_at", "-id")
        constraints = [
            models.UniqueConstraint(
                "job_id",
                "origin_project",
                Coalesce("project", 0),
                "action",
                "rule",
                "sentence",
                "trial",
                name="refusal_once",
            )
        ]
        indexes = [
            models.Index(fields=["project", "-last_at"], name="refusals_of_target"),
            models.Index(fields=["origin_project", "-last_at"], name="refusals_of_origin"),
            models.Index(fields=["-last_at", "-id"], name="refusals_by_time"),
        ]

    def __str__(self) -> str:
        return f"job {self.job_id}: {self.sentence}"
