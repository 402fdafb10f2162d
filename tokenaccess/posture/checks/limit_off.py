"""Projects that jobs of all other projects have access to."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from identity.models import User
from projects.models import Project
from tokenaccess.allowlist import services
from tokenaccess.allowlist.impact import impact
from tokenaccess.models import GroupRule
from tokenaccess.policy.levels import InboundMode
from tokenaccess.posture.check import Effects, Severity
from tokenaccess.posture.checks.projects import ProjectCheck
from tokenaccess.posture.scope import Scope


class LimitOff(ProjectCheck):
    name = "limit_off"
    severity = Severity.HIGH
    title = _("Open to jobs of all projects")
    why = _("Whoever takes over any job of a person with a role here reaches this project with that person's role.")
    fix_label = _("Start a trial")
    fix_question = _("Put the limit of %(subject)s on trial?")

    def rows(self, scope: Scope) -> QuerySet[Project]:
        rows = scope.projects.filter(token_access__inbound_mode=InboundMode.OPEN).exclude(Exists(rules_above()))
        return rows if scope.instance.inbound_mode == InboundMode.OPEN else rows.none()

    def effects(self, row: Project) -> Effects:
        lost = impact.count_blocked_inbound(row)
        what = ngettext("project would be refused later on.", "projects would be refused later on.", lost)
        return [(lost, what, str(_("The trial itself refuses nobody.")))]

    def fix(self, row: Project, by: User) -> None:
        services.set_inbound_mode(row, InboundMode.TRIAL, by=by)


def rules_above() -> QuerySet[GroupRule]:
    """The rules of the groups above a project, by which its limit is not open."""
    above = GroupRule.objects.filter(group__descendant_links__group=OuterRef("group"))
    return above.filter(inbound_mode__gt=InboundMode.OPEN.value)
