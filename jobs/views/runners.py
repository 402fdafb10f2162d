"""Runners of a project, a group or the instance: the list, making one, changing one, deleting one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count, Q, QuerySet
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from jobs import services
from jobs.forms import RunnerForm
from jobs.models import Runner
from jobs.models.runner import RunnerType
from jobs.runner_places import available_to
from jobs.shared_shell import SHELL, is_shared
from jobs.states import EXECUTING
from jobs.views.places import Place, page
from portal.listing import page_of
from projects.models import Group, Project
from tokenaccess.policy import Action
from tokenaccess.web import FORM, PageRequest


@dataclass(frozen=True, kw_only=True)
class Runners(Place):
    """`own`: those that are changed here; `others`: those that take its jobs besides."""

    thing = "runner"
    kind: str
    own: QuerySet[Runner]
    others: QuerySet[Runner]


def _place(request: PageRequest) -> Runners:
    place = request.access.place
    if isinstance(place, Project):
        kind, own = RunnerType.PROJECT, place.runners.all()
        others = available_to(place).exclude(pk__in=own.values("pk"))
    elif place is not None:
        kind, own = RunnerType.GROUP, place.runners.all()
        above = Group.objects.above(place.pk).exclude(pk=place.pk).order_by().values("pk")
        others = Runner.objects.filter(Q(group__in=above) | Q(runner_type=RunnerType.INSTANCE))
    else:
        kind, own = RunnerType.INSTANCE, Runner.objects.filter(runner_type=RunnerType.INSTANCE)
        others = Runner.objects.exclude(runner_type=RunnerType.INSTANCE)
    return Runners(kind=kind, own=own, others=others, **request.access.where)


def _listing(request: PageRequest, **kwargs: Any) -> HttpResponse:
    place = _place(request)
    running = Count("jobs", filter=Q(jobs__status__in=EXECUTING), distinct=True)
    context = {
        "page": page_of(request, place.own.annotate(running=running, shell=SHELL).order_by("-id")),
        "others": place.others.annotate(running=running, shell=SHELL).order_by("-id")[:20],
    }
    return render(request, "jobs/runners.html", {**place.context, **context})


def _new(request: PageRequest, **kwargs: Any) -> HttpResponseBase:
    """A POST answers with the page itself: the plain token goes into this one answer and is kept nowhere."""
    place, form = _place(request), RunnerForm(request.POST if request.method == "POST" else None)
    runner, secret = None, ""
    if request.method == "POST" and form.is_valid():
        owner: dict[str, Any] = {"project": place.project} if place.project else {"group": place.group}
        try:
            runner, secret = services.create_runner(
                runner_type=place.kind, by=request.access.user, **owner, **form.settings()
            )
        except ValidationError as error:
            form.add_error(None, error.messages)
    context = {"form": form, "runner": runner, "secret": secret, "register": _command(secret)}
    return render(request, "jobs/runner_new.html", {**place.context, **context}, status=422 if form.errors else 200)


def _command(secret: str) -> str:
    return f"gitlab-runner register --non-interactive --url {settings.EXTERNAL_URL} --token {secret} --executor shell"


def _one(request: PageRequest, runner: int, **kwargs: Any) -> HttpResponseBase:
    place = _place(request)
    found = get_object_or_404(place.own, pk=runner)
    form = RunnerForm(request.POST if request.method == "POST" else None, instance=found)
    if request.method == "POST" and form.is_valid():
        try:
            services.update_runner(found, by=request.access.user, **form.settings())
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            messages.success(request, _("Runner #%(pk)s is changed.") % {"pk": found.pk})
            return redirect(place.url())
    context = {
        "form": form,
        "runner": found,
        "delete_url": place.url("_delete", found.pk),
        "managers": found.managers.order_by("-contacted_at")[:20],
        "shell": any(manager.info.get("executor") == "shell" for manager in found.managers.all()),
        "shared": is_shared(found),
    }
    return render(request, "jobs/runner.html", {**place.context, **context}, status=422 if form.errors else 200)


def _pause(request: PageRequest, runner: int, **kwargs: Any) -> HttpResponseBase:
    place = _place(request)
    found = get_object_or_404(place.own, pk=runner)
    paused = request.POST.get("paused") == "true"
    services.update_runner(found, by=request.access.user, paused=paused)
    told = _("Runner #%(pk)s takes no new job.") if paused else _("Runner #%(pk)s takes jobs again.")
    messages.success(request, told % {"pk": found.pk})
    return redirect(place.url())


def _delete(request: PageRequest, runner: int, **kwargs: Any) -> HttpResponseBase:
    place = _place(request)
    found = get_object_or_404(place.own, pk=runner)
    if request.method == "POST":
        services.delete_runner(found, by=request.access.user)
        messages.success(request, _("Runner #%(pk)s is deleted. Its token works nowhere any longer.") % {"pk": runner})
        return redirect(place.url())
    running = found.jobs.executing().count()
    effects = [(running, _("running jobs lose their runner"), "")] if running else []
    if found.runner_type == RunnerType.PROJECT and found.projects.count() > 1:
        effects.append((found.projects.count(), _("projects are served by it"), ""))
    return render(request, "jobs/runner_delete.html", {**place.context, "runner": found, "effects": effects})


_page = partial(page, hide=sensitive_variables("secret"))
project_runners = _page(Action.MANAGE_RUNNERS, _listing)
project_runner_new = _page(Action.MANAGE_RUNNERS, _new, *FORM)
project_runner = _page(Action.MANAGE_RUNNERS, _one, *FORM)
project_runner_pause = _page(Action.MANAGE_RUNNERS, _pause, "POST")
project_runner_delete = _page(Action.MANAGE_RUNNERS, _delete, *FORM)
group_runners = _page(Action.MANAGE_GROUP_RUNNERS, _listing)
group_runner_new = _page(Action.MANAGE_GROUP_RUNNERS, _new, *FORM)
group_runner = _page(Action.MANAGE_GROUP_RUNNERS, _one, *FORM)
group_runner_pause = _page(Action.MANAGE_GROUP_RUNNERS, _pause, "POST")
group_runner_delete = _page(Action.MANAGE_GROUP_RUNNERS, _delete, *FORM)
instance_runners = _page(Action.ADMINISTER, _listing)
instance_runner_new = _page(Action.ADMINISTER, _new, *FORM)
instance_runner = _page(Action.ADMINISTER, _one, *FORM)
instance_runner_pause = _page(Action.ADMINISTER, _pause, "POST")
instance_runner_delete = _page(Action.ADMINISTER, _delete, *FORM)
