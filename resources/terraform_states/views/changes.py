"""What a maintainer does about a Terraform state: unlock, restore, delete. Each page is asked with GET and does it with
POST."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db.models import Count, Max, Sum
from django.http import Http404
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from identity.encryption import DecryptionError
from pages.effects import effect
from pages.frame import render_page
from resources.terraform_states import services
from resources.terraform_states.models import StateVersion, TerraformState
from resources.terraform_states.views.states import LIST, ONE, find_state
from resources.terraform_states.visible_jobs import visible_jobs
from tokenaccess.adapters.pages import PageRequest, current_user, form_page, requires
from tokenaccess.policy import Action


@requires(Action.WRITE_TERRAFORM_STATES)
@form_page
def unlock(request: PageRequest, project_path: str, state_id: int) -> HttpResponseBase:
    """Only the lock that was asked about."""
    found = find_state(request, state_id)

    def change() -> None:
        services.force_unlock(found, request.POST.get("lock", ""), by=current_user(request))

    def context() -> dict[str, Any]:
        if not found.is_locked:
            raise Http404
        jobs = visible_jobs([found.locking_job], request.access)
        return {"shown_jobs": jobs, "fields": {"lock": found.lock_id}}

    done = _("%(name)s unlocked.") % {"name": found}
    return _ask_and_change(request, found, "unlock", context, change, done)


def _state_facts(state: TerraformState) -> dict[str, Any]:
    """What goes with it, and when it was changed last."""
    found = state.versions.aggregate(count=Count("pk"), size=Sum("size", default=0), changed_at=Max("created_at"))
    jobs = state.versions.exclude(job=None).values("job").distinct().count()
    what = ngettext("version is deleted.", "versions are deleted.", found["count"])
    effects = [
        *effect(found["count"], what, filesizeformat(found["size"])),
        *effect(jobs, ngettext("job has written it.", "jobs have written it.", jobs)),
    ]
    return {"effects": effects, "changed_at": found["changed_at"]}


@requires(Action.WRITE_TERRAFORM_STATES)
@form_page
def delete_state(request: PageRequest, project_path: str, state_id: int) -> HttpResponseBase:
    found = find_state(request, state_id)
    return _ask_and_change(
        request,
        found,
        "delete_state",
        lambda: _state_facts(found),
        lambda: services.delete_state(found, by=current_user(request)),
        _("%(name)s deleted.") % {"name": found},
        is_gone=True,
    )


@requires(Action.WRITE_TERRAFORM_STATES)
@form_page
def delete_version(request: PageRequest, project_path: str, state_id: int, serial: int) -> HttpResponseBase:
    version = _find_version(request, state_id, serial)
    return _ask_and_change(
        request,
        version.state,
        "delete_version",
        lambda: {"version": version, "is_current": version.state.versions.newest() == version},
        lambda: services.delete_version(version, by=current_user(request)),
        _("Version %(serial)s deleted.") % {"serial": serial},
    )


@requires(Action.WRITE_TERRAFORM_STATES)
@form_page
def restore_version(request: PageRequest, project_path: str, state_id: int, serial: int) -> HttpResponseBase:
    version = _find_version(request, state_id, serial)
    return _ask_and_change(
        request,
        version.state,
        "restore_version",
        lambda: {"version": version},
        lambda: services.restore_version(version, by=current_user(request)),
        _("Version %(serial)s is current again.") % {"serial": serial},
    )


def _ask_and_change(
    request: PageRequest,
    state: TerraformState,
    template: str,
    context: Callable[[], dict[str, Any]],
    change: Callable[[], object],
    done: str,
    *,
    is_gone: bool = False,
) -> HttpResponseBase:
    """`context` of the question; `change` is made with POST, and then `done` is said. `is_gone`: the state itself."""
    if request.method != "POST":
        return render_page(request, f"terraform_states/{template}.html", {"state": state, **context()}, nav=LIST)
    project_path, state_id = state.project.full_path, state.pk  # a deleted state has none any more
    problem = _make(change)
    if problem:
        messages.error(request, problem)
    else:
        messages.success(request, done)
    if is_gone and not problem:
        return redirect(LIST, project_path)
    return redirect(ONE, project_path, state_id)


def _make(change: Callable[[], object]) -> str:
    """The change; why it was not made, else ""."""
    try:
        change()
    except services.LockMismatch:
        return _("The lock has changed meanwhile. Nothing was unlocked.")
    except services.StateLocked:
        return _("The state is locked. Nothing was changed.")
    except DecryptionError:
        return _("The version was encrypted with a key that this server no longer has.")
    except services.SerialExists:
        return _("There is no higher serial left. Nothing was changed.")
    except TerraformState.DoesNotExist as error:
        raise Http404 from error
    return ""


def _find_version(request: PageRequest, state_id: int, serial: int) -> StateVersion:
    versions = find_state(request, state_id).versions.all().with_origin().select_related("state__project__group")
    found = versions.filter(serial=serial).first()
    if found is None:
        raise Http404
    return found
