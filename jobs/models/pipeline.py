"""A pipeline: one run of a CI file on a commit."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Avg, Q
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from jobs.models.timed import Timed
from jobs.querysets import PipelineQuerySet
from jobs.states import State
from projects.extensions.events import NULL_SHA
from projects.models import Project


class Source(models.TextChoices):
    PUSH = "push"
    WEB = "web"
    API = "api"
    TRIGGER = "trigger"
    PIPELINE = "pipeline"
    SCHEDULE = "schedule"
    PARENT = "parent_pipeline"
    EXTERNAL = "external"  # without jobs, for what programs outside say of its commit


# Pipelines of these are no run of the commit's own CI file, which alone leaves artifacts by its ref.
NOT_OF_REF = (Source.PARENT, Source.EXTERNAL)


class Pipeline(Timed, models.Model):
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="pipelines")
    iid = models.PositiveIntegerField(help_text=_("The number within the project."))
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="pipelines")
    ref = models.CharField(max_length=255)
    tag = models.BooleanField(default=False)
    protected = models.BooleanField(default=False, help_text=_("Its ref is protected."))
    sha = models.CharField(max_length=64)
    before_sha = models.CharField(max_length=64, default=NULL_SHA)
    source = models.CharField(max_length=20, choices=Source.choices)
    status = models.CharField(max_length=20, choices=State.choices, default=State.CREATED, db_index=True)
    variables = models.JSONField(default=list, help_text='[{"key", "value", "variable_type"}] given with the request.')
    yaml_errors = models.TextField(blank=True)
    yaml_warnings = models.TextField(blank=True, help_text=_("What is valid in the CI file but probably not meant."))
    name = models.CharField(max_length=255, blank=True)
    config_path = models.CharField(
        max_length=255, blank=True, help_text="Its CI file in the commit; empty for a file of elsewhere."
    )
    commit = models.JSONField(default=dict, help_text="The commit as the API shows it; it never changes.")
    started_by_job = models.ForeignKey(
        "jobs.Job",
        null=True,
        on_delete=models.SET_NULL,
        related_name="downstream",
        help_text=_("The job whose token triggered this pipeline."),
    )
    schedule = models.ForeignKey(
        "jobs.Schedule", null=True, on_delete=models.SET_NULL, related_name="pipelines", help_text="What started it."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    objects = PipelineQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        constraints = [models.UniqueConstraint(fields=["project", "iid"], name="pipeline_number_once")]
        indexes = [
            # The newest successful pipeline of a ref, whose artifacts are kept and found by ref.
            models.Index(
                fields=["project", "ref", "-id"], name="pipelines_succeeded", condition=Q(status=State.SUCCESS)
            ),
        ]

    def __str__(self) -> str:
        return gettext("#%(number)s of %(project)s") % {"number": self.pk, "project": self.project}

    @cached_property
    def coverage(self) -> float | None:
        """The average coverage of its current jobs in percent. For lists use `with_coverage()`."""
        average: float | None = self.jobs.current().aggregate(average=Avg("coverage"))["average"]
        return average

    @property
    def ref_path(self) -> str:
        """The whole name of its branch or tag."""
        return f"refs/{'tags' if self.tag else 'heads'}/{self.ref}"

    @property
    def title(self) -> str:
        """Its name, or else the title of its commit."""
        return self.name or self.commit.get("title", "")

    @property
    def queued_duration(self) -> float | None:
        """Seconds until its first job started."""
        return None if self.started_at is None else (self.started_at - self.created_at).total_seconds()
