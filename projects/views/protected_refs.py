"""Settings › Repository: protected branches and tags; the list, protecting more, changing and unprotecting one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from pages.effects import Effect, effect
from pages.form_errors import add_service_error
from pages.frame import render_page
from pages.listing import page_of
from projects import services
from projects.forms.protected_refs import LEVEL_LABELS, ProtectedBranchForm, ProtectedTagForm, ProtectionForm, RulesForm
from projects.models import Project, ProtectedRef, RefKind
from projects.repository import Repository
from tokenaccess.adapters.pages import PageRequest, current_user, form_page, requires
from tokenaccess.policy import Action
from tokenaccess.policy.protected_refs import matches

MAX_REFS = 5
URL = "project_settings_repository"
_FORMS: dict[str, type[ProtectionForm]] = {RefKind.BRANCH: ProtectedBranchForm, RefKind.TAG: ProtectedTagForm}


@requires(Action.MANAGE_PROTECTED_REFS)
@form_page
def repository(request: PageRequest, project_path: str) -> HttpResponseBase:
    """A POST protects what its `kind` and `name` say."""
    project = request.access.project
    forms = {kind: form(auto_id=f"id_{kind}_%s") for kind, form in _FORMS.items()}
    posted: ProtectionForm | None = None
    if request.method == "POST":
        kind = RefKind.TAG if request.POST.get("kind") == RefKind.TAG else RefKind.BRANCH
        posted = forms[kind] = _FORMS[kind](request.POST, auto_id=f"id_{kind}_%s")
        if posted.is_valid() and _protect(request, kind, posted):
            messages.success(request, _("%(name)s protected.") % {"name": posted.cleaned_data["name"]})
            return redirect(URL, project.full_path)
    rows = _rows(project, list(project.protected_refs.all()))
    context = {
        "branch_form": forms[RefKind.BRANCH],
        "tag_form": forms[RefKind.TAG],
        **{name: page_of(request, found, f"{name}_page") for name, found in rows.items()},
    }
    return render_page(request, "projects/settings_repository.html", context, form=posted)


def _protect(request: PageRequest, kind: RefKind, form: ProtectionForm) -> bool:
    try:
        services.protect(request.access.project, kind=kind, by=current_user(request), **form.cleaned_data)
    except services.AlreadyProtected:
        form.add_error("name", _("It is protected already."))
    except ValidationError as error:
        add_service_error(form, error)
    return form.is_valid()


@dataclass(frozen=True)
class ProtectedRefRow:
    """A protection in words, with the refs that it names now: some of them, and how many there are."""

    protected_ref: ProtectedRef
    matching_refs: list[str]
    count: int

    @property
    def push_label(self) -> Any:
        return LEVEL_LABELS[self.protected_ref.push_level]

    @property
    def run_label(self) -> Any:
        """Whoever may push, and whoever may merge."""
        return LEVEL_LABELS[
            min(filter(None, (self.protected_ref.push_level, self.protected_ref.merge_level)), default=0)
        ]


def _rows(project: Project, rows: list[ProtectedRef]) -> dict[str, list[ProtectedRefRow]]:
    code = Repository(project.repository_path)
    names = {
        RefKind.BRANCH: [ref.name for ref in code.branches()],
        RefKind.TAG: [ref.name for ref in code.tags()],
    }
    found: dict[RefKind, list[ProtectedRefRow]] = {kind: [] for kind in RefKind}
    for row in rows:
        kind = RefKind(row.kind)
        named = [name for name in names[kind] if matches(row.name, name)]
        found[kind].append(ProtectedRefRow(row, named[:MAX_REFS], len(named)))
    return {"branches": found[RefKind.BRANCH], "tags": found[RefKind.TAG]}


@requires(Action.MANAGE_PROTECTED_REFS)
@form_page
def change(request: PageRequest, project_path: str, protected: int) -> HttpResponseBase:
    """Who may do what; the name stays."""
    project, found = request.access.project, _find(request, protected)
    form = RulesForm(request.POST if request.method == "POST" else None, protected=found)
    if request.method == "POST" and form.is_valid():
        services.change_protection(found, by=current_user(request), **form.cleaned_data)
        messages.success(request, _("Protection of %(name)s saved.") % {"name": found.name})
        return redirect(URL, project.full_path)
    return render_page(request, "projects/protected_ref.html", {"protected": found}, nav=URL, form=form)


@requires(Action.MANAGE_PROTECTED_REFS)
@form_page
def unprotect(request: PageRequest, project_path: str, protected: int) -> HttpResponse:
    """Asked with GET, done with POST."""
    project, found = request.access.project, _find(request, protected)
    if request.method == "POST":
        services.unprotect(found, by=current_user(request))
        messages.success(request, _("%(name)s unprotected.") % {"name": found.name})
        return redirect(URL, project.full_path)
    context = {"protected": found, "effects": _effects_of_removal(project, found)}
    return render_page(request, "projects/protected_ref_remove.html", context, nav=URL)


def _effects_of_removal(project: Project, protected: ProtectedRef) -> list[Effect]:
    repository, is_tag = Repository(project.repository_path), protected.kind == RefKind.TAG
    refs = repository.tags() if is_tag else repository.branches()
    count = sum(matches(protected.name, ref.name) for ref in refs)
    if is_tag:
        return effect(count, ngettext("tag has this name today.", "tags have such a name today.", count))
    return effect(count, ngettext("branch has this name today.", "branches have such a name today.", count))


def _find(request: PageRequest, pk: int) -> ProtectedRef:
    return get_object_or_404(ProtectedRef, project=request.access.project, pk=pk)
