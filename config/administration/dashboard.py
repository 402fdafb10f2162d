"""The start page of the administration: how the instance stands, and what was done last."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit.models import AuditEvent
from identity.models import PersonalToken
from jobs.models import Job, Runner
from jobs.states import EXECUTING
from tokenaccess.access.facts import is_switch_on
from tokenaccess.allowlist.display.modes import count_projects_by_mode
from tokenaccess.models import InstanceSettings, RefusalRecord
from tokenaccess.policy.levels import InboundMode

MAX_EVENTS = 10
EXPIRY_NOTICE = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Fact:
    """A line with its address in the administration."""

    name: str
    text: str
    url: str


def facts(*, administrator: bool) -> list[Fact]:
    """A statement or two each; the reports only for an administrator."""
    leaked = Fact(_("A token has leaked?"), _("Find whose it is, and revoke it"), reverse("instance_tokens"))
    applications = Fact(_("OAuth applications"), _("Of the instance"), reverse("instance_applications"))
    hooks = Fact(_("Webhooks"), _("Told of what happens anywhere"), reverse("instance_hooks"))
    posture = Fact(_("Posture"), _("What an attacker would find"), reverse("instance_posture"))
    widest = Fact(_("Widest access"), _("Projects that let in the most"), reverse("instance_widest_access"))
    reports = [posture, widest, leaked, applications, hooks] if administrator else []
    return [*_switches(), _projects(), _refusals(), *_build(), _tokens(), *reports]


def last_events() -> list[AuditEvent]:
    return list(AuditEvent.objects.order_by("-at", "-pk")[:MAX_EVENTS])


def _switches() -> list[Fact]:
    limits = _("On: limits are enforced") if is_switch_on() else _("Off: no limit is enforced")
    mode = InboundMode(InstanceSettings.current().inbound_mode)
    everywhere = {
        InboundMode.OPEN: _("Off: each project decides"),
        InboundMode.TRIAL: _("On trial in all projects"),
        InboundMode.ENFORCED: _("On for all projects"),
    }[mode]
    return [
        Fact(_("Job token limits"), limits, reverse("admin:waffle_switch_changelist")),
        Fact(_("Limit of all projects"), everywhere, reverse("admin:tokenaccess_instancesettings_changelist")),
    ]


def _projects() -> Fact:
    counted = count_projects_by_mode()
    words = _("%(enforced)d enforced · %(trial)d on trial · %(open)d open") % {
        mode.name.lower(): count for mode, count in counted.items()
    }
    return Fact(_("Limits of projects, as they take effect"), words, reverse("admin:projects_project_changelist"))


def _refusals() -> Fact:
    midnight = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    refused = RefusalRecord.objects.filter(last_at__gte=midnight).order_by().values("job_id").distinct().count()
    words = ngettext("%(n)d job since midnight (UTC)", "%(n)d jobs since midnight (UTC)", refused) % {"n": refused}
    return Fact(_("Refused"), words, reverse("admin:tokenaccess_refusalrecord_changelist"))


def _build() -> list[Fact]:
    running = Job.objects.scripts().filter(status__in=EXECUTING).count()
    waiting = Job.objects.pending().count()
    paused = Runner.objects.filter(paused=True).count()
    words = ngettext("%(n)d running job (token valid)", "%(n)d running jobs (tokens valid)", running) % {"n": running}
    jobs = reverse("admin:jobs_job_changelist")
    return [
        Fact(_("Running"), words, f"{jobs}?status__exact=running"),
        Fact(
            _("Waiting"), ngettext("%(n)d job", "%(n)d jobs", waiting) % {"n": waiting}, f"{jobs}?status__exact=pending"
        ),
        Fact(_("Runners paused"), str(paused), f"{reverse('admin:jobs_runner_changelist')}?paused__exact=1"),
    ]


def _tokens() -> Fact:
    ending = PersonalToken.objects.active().filter(expires_at__lte=(timezone.now() + EXPIRY_NOTICE).date()).count()
    words = ngettext("%(n)d within a week", "%(n)d within a week", ending) % {"n": ending}
    return Fact(_("Personal tokens expiring soon"), words, reverse("admin:identity_personaltoken_changelist"))
