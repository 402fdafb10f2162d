"""The pages of Terraform states: a list, one with its lock and versions, and two versions beside each other."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from identity.encryption import DecryptionError
from pages.frame import render_page
from pages.listing import page_of, search_term
from resources.terraform_states import services
from resources.terraform_states.differences import NotComparable
from resources.terraform_states.models import StateVersion, TerraformState
from resources.terraform_states.visible_jobs import visible_jobs
from text.numbers import parse_number
from tokenaccess.access.gate import is_allowed
from tokenaccess.adapters.pages import PageRequest, requires
from tokenaccess.policy import Action

# What the backend reads besides an empty `backend "http" {}`; docs/terraform-state.md has the same.
VARIABLES = """\
variables:
  TF_HTTP_ADDRESS: $CI_API_V4_URL/projects/$CI_PROJECT_ID/terraform/state/production
  TF_HTTP_LOCK_ADDRESS: $CI_API_V4_URL/projects/$CI_PROJECT_ID/terraform/state/production/lock
  TF_HTTP_UNLOCK_ADDRESS: $CI_API_V4_URL/projects/$CI_PROJECT_ID/terraform/state/production/lock
  TF_HTTP_USERNAME: gitlab-ci-token
  TF_HTTP_PASSWORD: $CI_JOB_TOKEN"""
LIST = "project_states"
ONE = "project_state"
MAX_CHOICES = 100  # of versions to compare; others by their address


@requires(Action.READ_TERRAFORM_STATES)
@require_safe
def states(request: PageRequest, project_path: str) -> HttpResponse:
    """`?q=&page=`"""
    project, q = request.access.project, search_term(request)
    everything = TerraformState.objects.filter(project=project)
    rows = everything.filter(name__icontains=q) if q else everything
    page = page_of(request, rows.with_summary().order_by("name"))
    context = {
        "total": everything.count(),
        "page": page,
        "q": q,
        "shown_jobs": visible_jobs((row.locking_job for row in page.object_list), request.access),
        "may_write": is_allowed(request, Action.WRITE_TERRAFORM_STATES, project),
        "variables": VARIABLES,
        "may_read_token_access": is_allowed(request, Action.READ_TOKEN_ACCESS, project),
    }
    return render_page(request, "terraform_states/states.html", context)


@requires(Action.READ_TERRAFORM_STATES)
@require_safe
def state(request: PageRequest, project_path: str, state_id: int) -> HttpResponse:
    """`?page=`"""
    found = find_state(request, state_id)
    page = page_of(request, found.versions.all().with_origin().order_by("-serial"))
    newest = found.versions.newest()
    jobs = [found.locking_job, *(version.job for version in page.object_list)]
    context = {
        "state": found,
        "page": page,
        "current": newest.serial if newest else None,
        "shown_jobs": visible_jobs(jobs, request.access),
        "may_write": is_allowed(request, Action.WRITE_TERRAFORM_STATES, request.access.project),
        "limit": settings.TERRAFORM_STATE_VERSIONS,
    }
    return render_page(request, "terraform_states/state.html", context)


@requires(Action.READ_TERRAFORM_STATES)
@require_safe
def comparison(request: PageRequest, project_path: str, state_id: int) -> HttpResponse:
    """`?from=SERIAL&to=SERIAL`; by default the current version and the one before it."""
    found = find_state(request, state_id)
    newest = found.versions.order_by("-serial")
    new = _version_of(request.GET.get("to"), newest)
    old = _version_of(request.GET.get("from"), newest, otherwise=newest.filter(serial__lt=new.serial).first() or new)
    serials = {*newest.values_list("serial", flat=True)[:MAX_CHOICES], old.serial, new.serial}
    context = {
        "state": found,
        "choices": [(serial, serial) for serial in sorted(serials, reverse=True)],
        "old": old,
        "new": new,
        **_compare(old, new),
    }
    return render_page(request, "terraform_states/comparison.html", context, nav=LIST)


def _version_of(
    serial: str | None, versions: QuerySet[StateVersion], otherwise: StateVersion | None = None
) -> StateVersion:
    """Where no serial is given, the other one or the first."""
    if serial:
        number = parse_number(serial)
        found = None if number is None else versions.filter(serial=number).first()
    else:
        found = otherwise or versions.first()
    if found is None:
        raise Http404
    return found


def _compare(old: StateVersion, new: StateVersion) -> dict[str, Any]:
    """`difference`, or `problem`: why there is none."""
    try:
        return {"difference": services.compare_versions(old, new)}
    except DecryptionError:
        return {"problem": _("One of the versions was encrypted with a key that this server no longer has.")}
    except NotComparable as error:
        return {"problem": str(error)}


def find_state(request: PageRequest, state_id: int) -> TerraformState:
    rows = TerraformState.objects.filter(project=request.access.project)
    rows = rows.select_related("project__group", "locked_by", "locking_job__project__group")
    found = rows.filter(pk=state_id).first()
    if found is None:
        raise Http404
    return found
