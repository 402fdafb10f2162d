"""Environments: the list, one with its deployments, stopping and deleting it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import Count, Q
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from jobs import services
from jobs.models import Deployment, Environment, Job
from jobs.models.environment import EnvironmentState
from jobs.services.refs import RefIsProtected, on_ref
from jobs.services.stopping import last_deployment, stop_jobs
from portal.listing import page_of, words
from projects.models import Project
from tokenaccess.gate import may
from tokenaccess.policy import Action
from tokenaccess.refs import may_touch
from tokenaccess.web import PageRequest, acting, requires

_STOPPED = Q(state=EnvironmentState.STOPPED)


@requires(Action.READ_ENVIRONMENTS)
@require_safe
def environments(request: PageRequest, project_path: str) -> HttpResponse:
    """`?q=` finds a name; `?state=stopped` shows those that are, else the others are shown."""
    project, q = request.access.project, words(request)
    stopped = words(request, "state") == EnvironmentState.STOPPED
    rows = project.environments.with_last().filter(_STOPPED if stopped else ~_STOPPED)
    page = page_of(request, (rows.filter(name__icontains=q) if q else rows).order_by("name"))
    last = Deployment.objects.select_related("job__pipeline", "job__user").in_bulk([one.last_id for one in page])
    context = {
        "project": project,
        "page": page,
        "rows": [(one, last.get(one.last_id)) for one in page],
        "q": q,
        "stopped": stopped,
        "counts": _counts(project),
        "may_manage": may(request, Action.MANAGE_ENVIRONMENTS, project),
    }
    return render(request, "jobs/environments.html", context)


def _counts(project: Project) -> dict[str, int]:
    return project.environments.aggregate(stopped=Count("pk", filter=_STOPPED), there=Count("pk", filter=~_STOPPED))


@requires(Action.READ_ENVIRONMENTS)
@require_safe
def environment(request: PageRequest, project_path: str, environment: int) -> HttpResponse:
    found = _find(request, environment)
    deployments = found.deployments.exclude(job__started_at=None).select_related("job__pipeline", "job__user")
    context = {
        "project": request.access.project,
        "environment": found,
        "last": last_deployment(found),
        "page": page_of(request, deployments.order_by("-id")),
        "may_manage": may(request, Action.MANAGE_ENVIRONMENTS, request.access.project),
        "nav_current": "project_environments",
    }
    return render(request, "jobs/environment.html", context)


@requires(Action.MANAGE_ENVIRONMENTS)
@require_http_methods(["GET", "HEAD", "POST"])
def stop(request: PageRequest, project_path: str, environment: int) -> HttpResponseBase:
    """What that means is said on a page of its own. POST `force`: without the stop job."""
    found = _find(request, environment)
    if request.method == "POST":
        return _stopped(request, found)
    last = last_deployment(found)
    jobs = stop_jobs(last) if last else []
    context = {
        **_about(request, found),
        "jobs": jobs,
        "kept_out": bool(jobs) and not may_touch(request.access, Action.UPDATE_JOB, on_ref(jobs[0].pipeline)),
        "effects": _effects(jobs),
        "forced": {"force": "true"},
    }
    return render(request, "jobs/environment_stop.html", context)


def _stopped(request: PageRequest, found: Environment) -> HttpResponse:
    try:
        done = services.stop_environment(found, by=acting(request), force="force" in request.POST)
    except RefIsProtected as error:
        messages.error(request, str(error))
    except services.Busy:
        messages.error(request, _("It was being deployed to this moment, or its stop job cannot go. Try again."))
    else:
        state = Environment.objects.filter(pk=found.pk).values_list("state", flat=True).first()
        if not done:
            messages.error(request, _("Somebody was faster: look at its state."))
        elif state == EnvironmentState.STOPPING:
            messages.success(request, _("The environment is being stopped; the job that does it runs as you."))
        else:
            messages.success(request, _("The environment is stopped."))
    return redirect("project_environment", found.project.full_path, found.pk)


def _effects(jobs: list[Job]) -> list[tuple[int, str, str]]:
    """Whose script it is counts: it runs with the rights of who presses the button."""
    if not jobs:
        return []
    pipeline = jobs[0].pipeline
    where = {
        "number": pipeline.pk,
        "ref": pipeline.ref,
        "sha": pipeline.sha[:8],
        "person": pipeline.user or _("somebody whose account is gone"),
    }
    what = _("of pipeline #%(number)s on %(ref)s (%(sha)s, started by %(person)s) runs as you.") % where
    return [(len(jobs), ", ".join(job.name for job in jobs), what)]


@requires(Action.MANAGE_ENVIRONMENTS)
@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: PageRequest, project_path: str, environment: int) -> HttpResponseBase:
    found = _find(request, environment)
    if request.method == "POST":
        try:
            services.delete_environment(found, by=acting(request))
        except services.NotStopped:
            messages.error(request, _("It is not stopped. Stop it first, then delete it."))
            return redirect("project_environment", project_path, found.pk)
        except Environment.DoesNotExist:
            raise Http404 from None
        messages.success(request, _("The environment is deleted."))
        return redirect("project_environments", project_path)
    return render(request, "jobs/environment_delete.html", _about(request, found))


def _about(request: PageRequest, found: Environment) -> dict[str, Any]:
    return {"project": request.access.project, "environment": found, "nav_current": "project_environments"}


def _find(request: PageRequest, pk: int) -> Environment:
    found: Environment = get_object_or_404(request.access.project.environments.select_related("project"), pk=pk)
    return found
