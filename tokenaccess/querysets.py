"""Questions asked of allowlists and of refusals."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db.models import Case, Max, OuterRef, QuerySet, Subquery, Sum, TextField, Value, When
from django.db.models.functions import Coalesce, Lower

from projects.models import Project

if TYPE_CHECKING:
    from identity.models import User
    from tokenaccess.models import AllowlistEntry, RefusalRecord  # noqa: F401
    from tokenaccess.reference import Reference


class AllowlistQuerySet(QuerySet["AllowlistEntry"]):
    def inbound(self) -> AllowlistQuerySet:
        return self.filter(direction="inbound")

    def outbound(self) -> AllowlistQuerySet:
        return self.filter(direction="outbound")

    def projects(self) -> AllowlistQuerySet:
        return self.exclude(target_project=None)

    def groups(self) -> AllowlistQuerySet:
        return self.exclude(target_group=None)

    def naming(self, kind: str, reference: Reference) -> AllowlistQuerySet:
        """Those whose target (`kind`: project or group) has that number or path; a project going away is none."""
        target = f"target_{kind}"
        rows = self.exclude(target_project__pending_deletion=True) if kind == "project" else self
        if reference.id is not None:
            return rows.filter(**{target: reference.id})
        path = (reference.path or "").lower()
        return rows.alias(lower_path=Lower(f"{target}__full_path")).filter(lower_path=path)


class RefusalQuerySet(QuerySet["RefusalRecord"]):
    def of_jobs_refused_since(self, start: datetime) -> RefusalQuerySet:
        """Older ones of the same jobs too: whether they are rows of their own must not show in what is summed up."""
        return self.filter(job_id__in=self.filter(last_at__gte=start).order_by().values("job_id"))

    def told_to(self, user: User) -> QuerySet[Any, Any]:
        """Rows of `job_id`, `action`, `path`, `why`, `times` and `at`, the latest first.

        `path` is that of the project asked for. All that `user` may not see, and all that is not there, is one row per
        job and action, without path and reason: by no number of rows or times does the one differ from the other.
        """
        named = Project.objects.visible_to(user).filter(pk=OuterRef("project_id")).order_by().values("full_path")
        rows = self.annotate(path=Coalesce(Subquery(named), Value("")))
        rows = rows.annotate(why=Case(When(path="", then=Value("", TextField())), default="sentence"))
        summed = rows.values("job_id", "action", "path", "why").annotate(times=Sum("count"), at=Max("last_at"))
        return summed.order_by("-at", "job_id", "action", "path", "why")
