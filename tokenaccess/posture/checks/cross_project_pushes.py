"""Repositories that jobs of other projects may push to."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from identity.models import User
from projects.models import Project
from tokenaccess.allowlist import services
from tokenaccess.models import AllowlistEntry
from tokenaccess.posture.check import Check, Effects, Severity
from tokenaccess.posture.scope import Scope


class CrossProjectPushes(Check[Project]):
    name = "cross_project_pushes"
    severity = Severity.HIGH
    title = gettext_lazy("Pushes from other projects’ jobs allowed")
    why = gettext_lazy("A job of a listed project can change the code here, and with it what the next pipeline runs.")
    model = Project
    related = ()
    project_field = "pk"
    fix_label = gettext_lazy("Allow them no longer")
    fix_question = gettext_lazy("Allow jobs of other projects no longer to push to %(subject)s?")

    def rows(self, scope: Scope) -> QuerySet[Project]:
        return scope.projects.filter(token_access__takes_job_pushes=True, token_access__takes_cross_project_pushes=True)

    def project_of(self, row: Project) -> Project:
        return row

    def label(self, row: Project, hidden: Any) -> str:
        return row.full_path

    def url(self, row: Project) -> str:
        return reverse("project_token_access", args=[row.full_path])

    def effects(self, row: Project) -> Effects:
        listed = AllowlistEntry.objects.inbound().filter(project=row).count()
        return [(listed, _("entries on its list, whose jobs can push no longer."), "")]

    def fix(self, row: Project, by: User) -> None:
        services.set_job_pushes(row, by=by, cross_project=False)
