"""Projects whose job tokens were used from elsewhere, and that do not look."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from identity.models import User
from projects.models import Project
from tokenaccess.access_log.address_reports import share_of_project
from tokenaccess.allowlist import services
from tokenaccess.allowlist.impact.impact import WINDOW_DAYS
from tokenaccess.models import JobAddress
from tokenaccess.policy.levels import AddressMode
from tokenaccess.posture.check import Effects, Severity
from tokenaccess.posture.checks.projects import ProjectCheck
from tokenaccess.posture.scope import Scope


class UsedElsewhere(ProjectCheck):
    name = "used_elsewhere"
    severity = Severity.HIGH
    title = gettext_lazy("Job tokens used from elsewhere")
    why = gettext_lazy("A token that is not used where its job runs may be in other hands, and nothing here stops it.")
    fix_label = gettext_lazy("Start a trial")
    fix_question = gettext_lazy("Start a trial that refuses tokens of %(subject)s used from elsewhere?")

    def rows(self, scope: Scope) -> QuerySet[Project]:
        since = timezone.now() - timedelta(days=WINDOW_DAYS)
        lately = JobAddress.objects.filter(job__project=OuterRef("pk"), elsewhere=True, first_at__gte=since)
        return scope.projects.exclude(token_access__address_mode__gt=AddressMode.OFF.value).filter(Exists(lately))

    def effects(self, row: Project) -> Effects:
        share = share_of_project(row)
        return [(share.elsewhere, _("jobs would be refused later on. The trial itself refuses nobody."), "")]

    def fix(self, row: Project, by: User) -> None:
        services.set_address_mode(row, AddressMode.TRIAL, by=by)
