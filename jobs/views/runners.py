"""Pages of the runners of a project, a group or the instance: list, create, edit, pause, delete."""

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
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_variables

from jobs.forms.runners import RunnerForm
from jobs.models import Runner
from jobs.runners.isolation import SHELL, is_shared
from jobs.runners.queue.candidates import served_projects
from jobs.runners.queue.waiting import waiting_jobs
from jobs.runners.services import answers_for, create_runner, delete_runner, update_runner
from jobs.runners.types import RunnerType
from jobs.states import EXECUTING
from jobs.views.shared_pages import page
from pages.effects import Effect, effect
from pages.form_errors import add_service_error
from pages.frame import Frame, render_page
from pages.listing import page_of
from projects.models import Group, Project
from tokenaccess.access_log.address_reports import share_of_runner, uses_of_runner_elsewhere
from tokenaccess.adapters.pages import FORM, PageRequest, current_user
from tokenaccess.adapters.reauthentication import confirms_identity
from tokenaccess.models import JobAddress
from tokenaccess.policy import Action

MAX_ELSEWHERE = 20


@dataclass(frozen=True, kw_only=True)
class RunnerPages(Frame):
    """`own`: the runners that can be changed here. `others`: further runners that take its jobs."""

    thing = "runner"
    runner_type: str
    own: QuerySet[Runner]
    others: QuerySet[Runner]


def _pages(request: PageRequest) -> RunnerPages:
    place = request.access.target
    if isinstance(place, Project):
        runner_type, own = RunnerType.PROJECT, place.runners.all()
        others = Runner.objects.available_to(place).exclude(pk__in=own.values("pk"))
    elif place is not None:
        runner_type, own = RunnerType.GROUP, place.runners.all()
        above = Group.objects.above(place.pk).exclude(pk=place.pk).order_by().values("pk")
        others = Runner.objects.filter(Q(group__in=above) | Q(runner_type=RunnerType.INSTANCE))
    else:
        runner_type, own = RunnerType.INSTANCE, Runner.objects.filter(runner_type=RunnerType.INSTANCE)
        others = Runner.objects.exclude(runner_type=RunnerType.INSTANCE)
    return RunnerPages(target=place, runner_type=runner_type, own=own, others=others)


def _list(request: PageRequest, **kwargs: Any) -> HttpResponse:
    place = _pages(request)
    running = Count("jobs", filter=Q(jobs__status__in=EXECUTING), distinct=True)
    context = {
        "new_url": place.url("_new"),
        "page": page_of(request, place.own.annotate(running=running, shell=SHELL).order_by("-id")),
        "others": place.others.annotate(running=running, shell=SHELL).order_by("-id")[:20],
    }
    return render_page(request, "jobs/runners.html", context, frame=place)


@confirms_identity
def _new(request: PageRequest, **kwargs: Any) -> HttpResponseBase:
    """A POST answers with the page itself, because the plain token is shown once and not stored."""
    place, form = _pages(request), RunnerForm(request.POST if request.method == "POST" else None)
    runner, secret = None, ""
    if request.method == "POST" and form.is_valid():
        owner = request.access.owner_kwargs
        try:
            runner, secret = create_runner(
                runner_type=place.runner_type, by=current_user(request), **owner, **form.settings()
            )
        except ValidationError as error:
            add_service_error(form, error)
    context = {"runner": runner, "secret": secret, "register": _command(secret)}
    return render_page(request, "jobs/runner_new.html", context, frame=place, form=form)


def _command(secret: str) -> str:
    return f"gitlab-runner register --non-interactive --url {settings.EXTERNAL_URL} --token {secret} --executor shell"


def _edit(request: PageRequest, runner_id: int, **kwargs: Any) -> HttpResponseBase:
    place = _pages(request)
    runner = get_object_or_404(place.own, pk=runner_id)
    form = RunnerForm(request.POST if request.method == "POST" else None, instance=runner)
    if not answers_for(runner, current_user(request)):
        form.lock_networks()
    if request.method == "POST" and form.is_valid():
        try:
            update_runner(runner, by=current_user(request), **form.settings())
        except ValidationError as error:
            add_service_error(form, error)
        else:
            messages.success(request, _("Runner #%(pk)s saved.") % {"pk": runner.pk})
            return redirect(place.url())
    context = {
        "runner": runner,
        "delete_url": place.url("_delete", runner.pk),
        "managers": runner.managers.order_by("-contacted_at")[:20],
        "shell": any(manager.info.get("executor") == "shell" for manager in runner.managers.all()),
        "shared": is_shared(runner),
        "address_sentence": share_of_runner(runner).sentence,
        "elsewhere": _uses_elsewhere(request, runner),
    }
    return render_page(request, "jobs/runner.html", context, frame=place, form=form)


def _uses_elsewhere(request: PageRequest, runner: Runner) -> list[JobAddress]:
    """The latest of jobs whose project the reader may see."""
    rows = uses_of_runner_elsewhere(runner).select_related("job__project")
    return list(rows.filter(job__project__in=Project.objects.visible_to(current_user(request)))[:MAX_ELSEWHERE])


def _pause(request: PageRequest, runner_id: int, **kwargs: Any) -> HttpResponseBase:
    place = _pages(request)
    runner = get_object_or_404(place.own, pk=runner_id)
    paused = request.POST.get("paused") == "true"
    update_runner(runner, by=current_user(request), paused=paused)
    message = _("Runner #%(pk)s paused.") if paused else _("Runner #%(pk)s resumed.")
    messages.success(request, message % {"pk": runner.pk})
    return redirect(place.url())


def _delete(request: PageRequest, runner_id: int, **kwargs: Any) -> HttpResponseBase:
    place = _pages(request)
    runner = get_object_or_404(place.own, pk=runner_id)
    if not Runner.objects.deletable_by(current_user(request)).filter(pk=runner.pk).exists():
        messages.error(request, _("The runner serves other projects too: only an administrator deletes it."))
        return redirect(place.url())
    if request.method == "POST":
        delete_runner(runner, by=current_user(request))
        messages.success(request, _("Runner #%(pk)s deleted.") % {"pk": runner_id})
        return redirect(place.url())
    context = {"runner": runner, "effects": _effects_of_deletion(runner)}
    return render_page(request, "jobs/runner_delete.html", context, frame=place)


def _effects_of_deletion(runner: Runner) -> list[Effect]:
    running, waiting = runner.jobs.executing().count(), waiting_jobs(runner).count()
    projects = served_projects(runner).count()
    stays = _("Those that no other runner takes stay in the queue.")
    return [
        *effect(running, ngettext("running job loses its runner.", "running jobs lose their runner.", running)),
        *effect(waiting, ngettext("job waits that it could take.", "jobs wait that it could take.", waiting), stays),
        *effect(projects, ngettext("project uses it.", "projects use it.", projects)),
    ]


_page = partial(page, hide=sensitive_variables("secret"))
project_runners = _page(Action.MANAGE_RUNNERS, _list)
project_runner_new = _page(Action.MANAGE_RUNNERS, _new, *FORM)
project_runner = _page(Action.MANAGE_RUNNERS, _edit, *FORM)
project_runner_pause = _page(Action.MANAGE_RUNNERS, _pause, "POST")
project_runner_delete = _page(Action.MANAGE_RUNNERS, _delete, *FORM)
group_runners = _page(Action.MANAGE_GROUP_RUNNERS, _list)
group_runner_new = _page(Action.MANAGE_GROUP_RUNNERS, _new, *FORM)
group_runner = _page(Action.MANAGE_GROUP_RUNNERS, _edit, *FORM)
group_runner_pause = _page(Action.MANAGE_GROUP_RUNNERS, _pause, "POST")
group_runner_delete = _page(Action.MANAGE_GROUP_RUNNERS, _delete, *FORM)
instance_runners = _page(Action.ADMINISTER, _list)
instance_runner_new = _page(Action.ADMINISTER, _new, *FORM)
instance_runner = _page(Action.ADMINISTER, _edit, *FORM)
instance_runner_pause = _page(Action.ADMINISTER, _pause, "POST")
instance_runner_delete = _page(Action.ADMINISTER, _delete, *FORM)
