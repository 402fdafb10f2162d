"""The start page of the administration: how the instance stands, and what was done last."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.core.cache import cache
from django.db.models import Count, Model, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from audit.models import AuditEvent
from identity.credentials.expiry import ends_soon
from identity.models import PersonalToken
from jobs.models import Job, Runner, TriggerToken
from jobs.states import EXECUTING
from tokenaccess.access.facts import is_switch_on
from tokenaccess.allowlist.display.modes import count_projects_by_mode
from tokenaccess.models import InstanceSettings, RefusalRecord
from tokenaccess.policy.levels import InboundMode
from tokenaccess.reach.widest_access import WideProject, find_widest
from tokens.models import DeployToken

MAX_EVENTS = 10
MAX_WIDEST = 5
WIDEST, WIDEST_SECONDS = "administration.widest", 600  # its name in the cache
MODE_WORDS = {
    "off": gettext_lazy("Open: no limit is enforced"),
    "open": gettext_lazy("Open to jobs of all projects"),
    "trial": gettext_lazy("On trial: open to jobs of all projects"),
}
# How the lists are filtered, besides by the expiry.
_IN_USE = "&revoked__exact=0"
_BY_PERSON, _BY_BOT = "&state=active&user__is_bot__exact=0", "&state=active&user__is_bot__exact=1"


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
    trials = Fact(_("Trials"), _("Whom enforced limits would refuse"), reverse("instance_trial"))
    reports = [posture, widest, trials, leaked, applications, hooks] if administrator else []
    return [*_switches(), _projects(), _refusals(), *_build(), *_tokens(), *reports]


def widest() -> list[Fact]:
    """The projects that let in the most, for an administrator, as of WIDEST_SECONDS ago at most: to rank them adds up
    all entries, which with 200,000 takes longer than the rest of the page. Two statements, if any."""
    rows = cache.get_or_set(WIDEST, lambda: find_widest(0, MAX_WIDEST).rows, WIDEST_SECONDS) or []
    return [Fact(row.path, _scope_of(row), reverse("project_token_access", args=[row.path])) for row in rows]


def _scope_of(row: WideProject) -> str:
    if row.mode != InboundMode.ENFORCED.name.lower():
        return str(MODE_WORDS[row.mode])
    return ngettext("%(n)d project has access", "%(n)d projects have access", row.sources) % {"n": row.sources}


def last_events() -> list[AuditEvent]:
    return list(AuditEvent.objects.order_by("-at", "-pk")[:MAX_EVENTS])


def _switches() -> list[Fact]:
    limits = _("On: limits are enforced") if is_switch_on() else _("Off: no limit is enforced")
    mode = InboundMode(InstanceSettings.current().inbound_mode)
    everywhere = {
        InboundMode.OPEN: _("Open: each project decides"),
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
    since = RefusalRecord.objects.filter(last_at__gte=midnight).order_by()
    found = since.aggregate(requests=Coalesce(Sum("count"), 0), jobs=Count("job_id", distinct=True))
    requests = ngettext("%(n)d request", "%(n)d requests", found["requests"]) % {"n": found["requests"]}
    jobs = ngettext("%(n)d job", "%(n)d jobs", found["jobs"]) % {"n": found["jobs"]}
    words = _("%(requests)s of %(jobs)s since midnight (UTC)") % {"requests": requests, "jobs": jobs}
    asked = urlencode({"last_at__gte": midnight.isoformat(), "trial__exact": 0})
    return Fact(_("Refused"), words, f"{reverse('admin:tokenaccess_refusalrecord_changelist')}?{asked}")


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


def _tokens() -> list[Fact]:
    """A statement for each kind; each line leads to the list of those that it counts."""
    people = PersonalToken.objects.active().filter(ends_soon(PersonalToken))
    kinds: list[tuple[str, QuerySet[Any], str, str]] = [
        (_("Personal tokens expiring soon"), people.filter(user__is_bot=False), "identity_personaltoken", _BY_PERSON),
        (_("Access tokens expiring soon"), people.filter(user__is_bot=True), "identity_personaltoken", _BY_BOT),
        (_("Deploy tokens expiring soon"), _ending(DeployToken).filter(revoked=False), "tokens_deploytoken", _IN_USE),
        (_("Trigger tokens expiring soon"), _ending(TriggerToken), "jobs_triggertoken", ""),
        (_("Runner tokens expiring soon"), _ending(Runner, "token_expires_at"), "jobs_runner", ""),
    ]
    facts = []
    for name, rows, model, more in kinds:
        count = rows.count()
        words = ngettext("%(n)d within a week", "%(n)d within a week", count) % {"n": count}
        facts.append(Fact(name, words, f"{reverse(f'admin:{model}_changelist')}?expiry=soon{more}"))
    return facts


def _ending(model: type[Model], field: str = "expires_at") -> QuerySet[Any]:
    return model._default_manager.filter(ends_soon(model, field)).order_by()
