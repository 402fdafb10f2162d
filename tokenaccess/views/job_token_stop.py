"""Stop now, as a page of a project, a group and the instance: what would end, what was reached; it asks first."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib.auth import get_user_model
from django.db.models import Count, QuerySet
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from api.input.fields import Text
from api.input.parameters import OwnParameters
from identity.models import User
from jobs.models import Job, Runner
from pages.frame import render_page
from pages.parameters import page_parameters
from tokenaccess.access_log.tables import describe_uses
from tokenaccess.adapters.pages import PageRequest, current_user, form_page, requires
from tokenaccess.job_token_stop import Owner, Reached, origins_of, reached_by, running_jobs, stop_job_tokens
from tokenaccess.policy import Action

MAX_LISTED = 10
MAX_ROWS = 100
HOURS = [(1, _("the last hour")), (24, _("the last day")), (168, _("the last week")), (720, _("the last 30 days"))]


class PlaceNames(OwnParameters):
    """What the address may say; the form reads it."""

    hours = Text()
    job = Text()


class InstanceNames(PlaceNames):
    runner = Text()
    person = Text()


class SinceForm(forms.Form):
    hours = forms.TypedChoiceField(label=_("Show what was reached in"), choices=HOURS, coerce=int, initial=24)

    @property
    def since(self) -> Any:
        return timezone.now() - timedelta(hours=self.cleaned_data["hours"])


class JobsOfPlaceForm(SinceForm):
    job = forms.IntegerField(label=_("Only job"), required=False, min_value=1, help_text=_("Its number; empty: all."))


class JobsOfInstanceForm(SinceForm):
    """Exactly one of the three."""

    job = forms.IntegerField(label=_("Job"), required=False, min_value=1, help_text=_("Its number."))
    runner = forms.IntegerField(label=_("Runner"), required=False, min_value=1, help_text=_("Its number."))
    person = forms.CharField(label=_("Person"), required=False, max_length=255, help_text=_("The username."))

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        chosen = [name for name in ("job", "runner", "person") if values.get(name)]
        if len(chosen) > 1:
            raise forms.ValidationError(_("Choose one: a job, a runner or a person."))
        return values

    @property
    def owner(self) -> Owner | None:
        values = self.cleaned_data if self.is_valid() else {}
        if values.get("job"):
            return Job.objects.filter(pk=values["job"]).first()
        if values.get("runner"):
            return Runner.objects.filter(pk=values["runner"]).first()
        found: User | None = get_user_model().objects.filter(username__iexact=values.get("person") or "").first()
        return found

    @property
    def is_asked(self) -> bool:
        return self.is_valid() and any(self.cleaned_data.get(name) for name in ("job", "runner", "person"))


def _place(request: PageRequest, **_address: str) -> HttpResponseBase:
    """With a job that cannot be meant it is nobody's: all jobs are not meant either."""
    target, form = request.access.target, JobsOfPlaceForm(_values(request, PlaceNames))
    if not form.is_valid():
        return _answer(request, form, None, asked=False)
    owner: Owner | None = target
    if number := form.cleaned_data["job"]:
        below = running_jobs(target)  # type: ignore[arg-type]
        owner = below.filter(pk=number).first()
    return _answer(request, form, owner, asked=True)


def _instance(request: PageRequest) -> HttpResponseBase:
    form = JobsOfInstanceForm(_values(request, InstanceNames))
    return _answer(request, form, form.owner, asked=form.is_asked)


def _values(request: PageRequest, names: type[OwnParameters]) -> Any:
    """Of the form; without `hours` those of the last day. Raises BadRequest for another name: without `job`, all jobs
    are meant."""
    if request.method == "POST":
        return request.POST
    page_parameters(request, names)
    return {"hours": "24", **request.GET.dict()}


def _answer(request: PageRequest, form: SinceForm, owner: Owner | None, *, asked: bool) -> HttpResponseBase:
    user = current_user(request)
    context: dict[str, Any] = {"asked": asked, "owner": owner, "most": MAX_ROWS}
    is_asking = request.method == "POST" and "confirmed" not in request.POST
    if owner is not None and is_asking and (question := _question(owner, form, request.path)):
        return render_page(request, "tokenaccess/confirm_job_token_stop.html", question, nav=_nav(request))
    if owner is not None and request.method == "POST" and not is_asking:
        stopped = stop_job_tokens(owner, by=user, since=form.since)
        context |= {"stopped": stopped, "job_count": len(stopped.jobs), "jobs": stopped.jobs[:MAX_ROWS]}
        context |= _reach_context(stopped.reached)
    elif owner is not None:
        running = running_jobs(owner)
        context |= {"job_count": running.count(), "jobs": list(running.order_by("id")[:MAX_ROWS])}
        context |= _reach_context(reached_by(origins_of(owner, running.values("project")), form.since, reader=user))
    return render_page(request, "tokenaccess/job_token_stop.html", context, form=form, nav=_nav(request))


def _question(owner: Owner, form: SinceForm, path: str) -> dict[str, Any] | None:
    """As partials/confirm.html has it; None where no token works any more."""
    places = _count_by(running_jobs(owner), "project__full_path")
    count = places.total()
    if not count:
        return None
    people = _count_by(running_jobs(owner), "user__username")
    fields = {name: str(value) for name, value in form.cleaned_data.items() if value}
    return {
        "question": ngettext("Stop the token of %(n)d running job?", "Stop the tokens of %(n)d running jobs?", count)
        % {"n": count},
        "effects": [
            (
                count,
                ngettext("running job loses its token.", "running jobs lose their tokens.", count),
                gettext("Whatever they do with it from now on is refused; they go on and still report their log."),
            ),
            (len(places), ngettext("project runs them:", "projects run them:", len(places)), _join_counts(places)),
            (len(people), ngettext("person started them:", "people started them:", len(people)), _join_counts(people)),
        ],
        "button": ngettext("Stop %(n)d token now", "Stop %(n)d tokens now", count) % {"n": count},
        "keep": gettext("Keep it") if count == 1 else gettext("Keep them"),
        "fields": {**fields, "confirmed": "1"},
        "keep_url": f"{path}?{urlencode(fields)}",
    }


def _count_by(jobs: QuerySet[Job], name: str) -> Counter[str]:
    """One statement."""
    counted = jobs.order_by().values(name).annotate(count=Count("pk")).values_list(name, "count")
    return Counter({one or gettext("a person who is gone"): count for one, count in counted})


def _join_counts(counts: Counter[str]) -> str:
    """“acme/app (3), acme/library (1)”: those with the most first, MAX_LISTED of them."""
    names = [f"{name} ({number})" for name, number in counts.most_common(MAX_LISTED)]
    return ", ".join([*names, "…"] if len(counts) > MAX_LISTED else names)


def _nav(request: PageRequest) -> str:
    target = request.access.target
    return "" if target is None else "project_token_access" if str(target.kind) == "project" else "group_job_token_stop"


def _reach_context(reached: list[Reached]) -> dict[str, Any]:
    rows = [(one, describe_uses(one.used)) for one in reached[:MAX_ROWS]]
    return {"reached": rows, "is_reached_cut": len(reached) > MAX_ROWS}


project_stop = requires(Action.MANAGE_TOKEN_ACCESS)(never_cache(form_page(_place)))
group_stop = requires(Action.ADMIN_GROUP)(never_cache(form_page(_place)))
instance_stop = requires(Action.ADMINISTER)(never_cache(form_page(_instance)))
