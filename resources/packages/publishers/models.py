"""Trusted publishers, and the tokens that their jobs upload with."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from identity.models import HashedToken
from jobs.models import Job
from projects.models import Project
from tokenaccess.policy.callers import Upload

KIND = "pypi"


class TrustedPublisher(models.Model):
    """Jobs of `source` that fit may publish the package in `project`. An empty field fits every job.

    The source is known by its id: another project that gets its path is not trusted.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="trusted_publishers")
    package_name = models.CharField(max_length=255, help_text=_("In its normal form (PEP 503)."))
    source = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+")
    environment = models.CharField(max_length=255, blank=True)
    ref_path = models.CharField(max_length=255, blank=True, help_text=_("refs/heads/main; * stands for anything."))
    config_path = models.CharField(max_length=255, blank=True, help_text=_("The CI file."))
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.SET_NULL, related_name="+"
    )
    last_used_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ("package_name", "id")
        constraints = [
            models.UniqueConstraint(
                fields=["project", "package_name", "source", "environment", "ref_path", "config_path"],
                name="trusted_publisher_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.source_id} for {self.package_name}"


class UploadToken(HashedToken):
    """Given to a job for one of its ID tokens, which is good for no other (`jti`)."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="upload_tokens")
    publishers = models.ManyToManyField(TrustedPublisher, related_name="upload_tokens")
    jti = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    id_token_expires_at = models.DateTimeField(help_text="Until then the ID token must not be taken again.")

    def __str__(self) -> str:
        return f"upload token of job {self.job_id}"

    @classmethod
    def for_authentication(cls) -> models.QuerySet[UploadToken]:
        return cls.objects.select_related("job__token")

    @property
    def job_digest(self) -> str:
        return self.job.token.digest

    @property
    def upload(self) -> Upload:
        """What it is for, as the policy judges it. A publisher that was deleted does not count any more."""
        places = self.publishers.values_list("project_id", "package_name")
        packages = frozenset((project, KIND, name) for project, name in places)
        return Upload(packages, expired=self.expires_at <= timezone.now())
