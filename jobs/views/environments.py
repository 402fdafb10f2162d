"""Pages of environments: the list, one with its deployments, stop, delete."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Count, Q
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from jobs.environments.services import NotStopped, delete_environment
from jobs.environments.stopping import Conflict, last_deployment, stop_environment, stop_jobs
from jobs.models import Deployment, Environment, Job
from jobs.models.environment import EnvironmentState
from jobs.pipelines.protected_refs import RefIsProtected, ref_protection
from pages.effects import effect
from pages.frame import render_page
from pages.listing import page_of, search_term
from pages.parameters import page_choice
from projects.models import Project
from tokenaccess.access.gate import is_allowed, is_allowed_on_ref
from tokenaccess.adapters.pages import PageRequest, current_user, requires
from tokenaccess.policy import Action

NAV = "project_environments"
_STOPPED = Q(state=EnvironmentState.STOPPED)


@requires(Action.READ_ENVIRONMENTS)
@require_safe
def environments(request: PageRequest, project_path: str) -> HttpResponse:
    """`?q=` searches names. `?state=stopped` shows stopped environments, otherwise the others are shown."""
    project, q = request.access.project, search_term(request)
    stopped = page_choice(request, "state", ["available", "stopped"]) == EnvironmentState.STOPPED
    rows = project.environments.with_last_deployment().filter(_STOPPED if stopped else ~_STOPPED)
    page = page_of(request, (rows.filter(name__icontains=q) if q else rows).order_by("name"))
    last = Deployment.objects.select_related("job__pipeline", "job__user").in_bulk(
        [environment.last_id for environment in page]
    )
    context = {
        "page": page,
        "rows": [(environment, last.get(environment.last_id)) for environment in page],
        "q": q,
        "stopped": stopped,
        "kept_query": "state=stopped" if stopped else "",
        "counts": _counts(project),
        "may_manage": is_allowed(request, Action.MANAGE_ENVIRONMENTS, project),
    }
    return render_page(request, "jobs/environments.html", context)


def _counts(project: Project) -> dict[str, int]:
    return project.environments.aggregate(stopped=Count("pk", filter=_STOPPED), there=Count("pk", filter=~_STOPPED))


@requires(Action.READ_ENVIRONMENTS)
@require_safe
def environment(request: PageRequest, project_path: str, environment_id: int) -> HttpResponse:
    environment = _find(request, environment_id)
    shown = Q(job=None) | Q(job__started_at__isnull=False)
    deployments = environment.deployments.filter(shown).select_related("job__pipeline", "job__user", "reporter")
    context = {
        "environment": environment,
        "last": last_deployment(environment),
        "page": page_of(request, deployments.order_by("-id")),
        "may_manage": is_allowed(request, Action.MANAGE_ENVIRONMENTS, request.access.project),
    }
    return render_page(request, "jobs/environment.html", context, nav=NAV)


@requires(Action.MANAGE_ENVIRONMENTS)
@require_http_methods(["GET", "HEAD", "POST"])
def stop(request: PageRequest, project_path: str, environment_id: int) -> HttpResponseBase:
    """Explains the consequences and asks for confirmation. POST `force`: without the stop job."""
    environment = _find(request, environment_id)
    if request.method == "POST":
        return _stop(request, environment)
    last = last_deployment(environment)
    jobs = stop_jobs(last) if last else []
    context = {
        "environment": environment,
        "jobs": jobs,
        "kept_out": bool(jobs)
        and not is_allowed_on_ref(request.access, Action.UPDATE_JOB, ref_protection(jobs[0].pipeline)),
        "effects": _effects(jobs),
        "forced": {"force": "true"},
    }
    return render_page(request, "jobs/environment_stop.html", context, nav=NAV)


def _stop(request: PageRequest, environment: Environment) -> HttpResponse:
    try:
        done = stop_environment(environment, by=current_user(request), force="force" in request.POST)
    except RefIsProtected as error:
        messages.error(request, str(error))
    except Conflict:
        messages.error(request, _("It is being deployed to right now, or its stop job cannot run. Try again."))
    else:
        state = Environment.objects.filter(pk=environment.pk).values_list("state", flat=True).first()
        if not done:
            messages.error(request, _("Its state has changed meanwhile. Nothing was done."))
        elif state == EnvironmentState.STOPPING:
            messages.success(request, _("The environment is being stopped. Its stop job runs as you."))
        else:
            messages.success(request, _("Environment stopped."))
    return redirect("project_environment", environment.project.full_path, environment.pk)


def _effects(jobs: list[Job]) -> list[tuple[int, str, str]]:
    """Names the stop job and where its script comes from, because it runs with the rights of the visitor."""
    if not jobs:
        return []
    pipeline = jobs[0].pipeline
    where = {
        "number": pipeline.pk,
        "ref": pipeline.ref,
        "sha": pipeline.sha[:8],
        "person": pipeline.user or _("a deleted user"),
    }
    what = _("of pipeline #%(number)s on %(ref)s (%(sha)s, started by %(person)s) runs as you.") % where
    return [(len(jobs), ", ".join(job.name for job in jobs), what)]


@requires(Action.MANAGE_ENVIRONMENTS)
@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: PageRequest, project_path: str, environment_id: int) -> HttpResponseBase:
    environment = _find(request, environment_id)
    if request.method == "POST":
        try:
            delete_environment(environment, by=current_user(request))
        except NotStopped:
            messages.error(request, _("Only a stopped environment can be deleted."))
            return redirect("project_environment", project_path, environment.pk)
        except Environment.DoesNotExist:
            raise Http404 from None
        messages.success(request, _("Environment deleted."))
        return redirect("project_environments", project_path)
    count = environment.deployments.count()
    what = ngettext("deployment is forgotten.", "deployments are forgotten.", count)
    context = {"environment": environment, "effects": effect(count, what, _("Their jobs and logs stay."))}
    return render_page(request, "jobs/environment_delete.html", context, nav=NAV)


def _find(request: PageRequest, pk: int) -> Environment:
    environment: Environment = get_object_or_404(request.access.project.environments.select_related("project"), pk=pk)
    return environment
