"""Limits that went on trial and stayed there."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from audit.models import AuditEvent
from identity.models import User
from projects.models import Project
from tokenaccess.allowlist import services
from tokenaccess.allowlist.impact import impact
from tokenaccess.allowlist.impact.trial import DEFAULT_HORIZON
from tokenaccess.allowlist.services.limits import INBOUND_EVENTS
from tokenaccess.policy.levels import InboundMode
from tokenaccess.posture.check import Effects, Severity
from tokenaccess.posture.checks.projects import ProjectCheck
from tokenaccess.posture.scope import Scope

MAX_DAYS = 30


class EndlessTrial(ProjectCheck):
    name = "endless_trial"
    severity = Severity.MEDIUM
    title = format_lazy(_("On trial for more than {days} days"), days=MAX_DAYS)
    why = _("A trial refuses nobody: as long as it lasts, jobs of all projects have access.")
    page = "project_token_access_trial"
    fix_label = _("Enforce the limit")
    fix_question = _("Enforce the limit of %(subject)s?")

    def rows(self, scope: Scope) -> QuerySet[Project]:
        event = INBOUND_EVENTS[InboundMode.TRIAL][0]
        long_ago = timezone.now() - timedelta(days=MAX_DAYS)
        begun = AuditEvent.objects.filter(target_type="project", target_id=OuterRef("pk"), event=event)
        rows = scope.projects.filter(token_access__inbound_mode=InboundMode.TRIAL)
        rows = rows.exclude(Exists(begun.filter(at__gte=long_ago).order_by()))
        return rows.none() if scope.instance.enforce_inbound else rows

    def effects(self, row: Project) -> Effects:
        lost = impact.count_blocked_inbound(row, DEFAULT_HORIZON)
        why = _("Their jobs used their access in the last %(days)d days, and no entry covers them.")
        return [
            (lost, ngettext("project loses access.", "projects lose access.", lost), why % {"days": DEFAULT_HORIZON})
        ]

    def fix(self, row: Project, by: User) -> None:
        services.set_inbound_mode(row, InboundMode.ENFORCED, by=by)
