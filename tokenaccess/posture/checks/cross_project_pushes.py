"""Repositories that jobs of other projects may push to."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

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
    title = gettext_lazy("Jobs of other projects may push here")
    why = gettext_lazy("A job of a listed project can change the code here, and with it what the next pipeline runs.")
    fix_label = gettext_lazy("Refuse these pushes")
    fix_question = gettext_lazy("Refuse pushes to %(subject)s by jobs of other projects?")

    def rows(self, scope: Scope) -> QuerySet[Project]:
        return scope.projects.filter(token_access__takes_job_pushes=True, token_access__takes_cross_project_pushes=True)

    def effects(self, row: Project) -> Effects:
        listed = AllowlistEntry.objects.inbound().filter(project=row).count()
        words = ngettext("entry is on its list.", "entries are on its list.", listed)
        return [(listed, words, _("Their jobs can no longer push."))]

    def fix(self, row: Project, by: User) -> None:
        services.set_job_pushes(row, by=by, cross_project=False)
