"""Repositories that jobs of other projects may push to."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from identity.models import User
from projects.models import Project
from tokenaccess.allowlist import services
from tokenaccess.models import AllowlistEntry
from tokenaccess.posture.check import Effects, Severity
from tokenaccess.posture.checks.projects import ProjectCheck
from tokenaccess.posture.scope import Scope


class CrossProjectPushes(ProjectCheck):
    name = "cross_project_pushes"
    severity = Severity.HIGH
    title = gettext_lazy("Pushes from other projects’ jobs allowed")
    why = gettext_lazy("A job of a listed project can change the code here, and with it what the next pipeline runs.")
    fix_label = gettext_lazy("Allow them no longer")
    fix_question = gettext_lazy("Allow jobs of other projects no longer to push to %(subject)s?")

    def rows(self, scope: Scope) -> QuerySet[Project]:
        return scope.projects.filter(token_access__takes_job_pushes=True, token_access__takes_cross_project_pushes=True)

    def effects(self, row: Project) -> Effects:
        listed = AllowlistEntry.objects.inbound().filter(project=row).count()
        return [(listed, _("entries on its list, whose jobs can push no longer."), "")]

    def fix(self, row: Project, by: User) -> None:
        services.set_job_pushes(row, by=by, cross_project=False)
