"""Settings › Repository: protected branches and tags; the list, protecting more, changing and unprotecting one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from projects import services
from projects.models import Project, ProtectedRef, RefKind
from projects.protected_forms import LEVEL_WORDS, ProtectedBranchForm, ProtectedTagForm, ProtectionForm, RulesForm
from projects.repository import Repository
from projects.views.refusals import tell
from tokenaccess.policy import Action
from tokenaccess.policy.refs import matches
from tokenaccess.web import PageRequest, acting, form_page, requires

SHOWN_REFS = 5
URL = "project_settings_repository"
_FORMS: dict[str, type[ProtectionForm]] = {RefKind.BRANCH: ProtectedBranchForm, RefKind.TAG: ProtectedTagForm}


@requires(Action.MANAGE_PROTECTED_REFS)
@form_page
def repository(request: PageRequest, project_path: str) -> HttpResponseBase:
    """A POST protects what its `kind` and `name` say."""
    project = request.access.project
    forms = {kind: form(auto_id=f"id_{kind}_%s") for kind, form in _FORMS.items()}
    failed = False
    if request.method == "POST":
        kind = RefKind.TAG if request.POST.get("kind") == RefKind.TAG else RefKind.BRANCH
        form = forms[kind] = _FORMS[kind](request.POST, auto_id=f"id_{kind}_%s")
        if form.is_valid() and _protected(request, kind, form):
            messages.success(request, _("%(name)s is protected now.") % {"name": form.cleaned_data["name"]})
            return redirect(URL, project.full_path)
        failed = True
    rows = list(project.protected_refs.all())
    context = {
        "project": project,
        "branch_form": forms[RefKind.BRANCH],
        "tag_form": forms[RefKind.TAG],
        **_rows(project, rows),
    }
    return render(request, "projects/settings_repository.html", context, status=422 if failed else 200)


def _protected(request: PageRequest, kind: RefKind, form: ProtectionForm) -> bool:
    try:
        services.protect(request.access.project, kind=kind, by=acting(request), **form.cleaned_data)
    except services.AlreadyProtected:
        form.add_error("name", _("It is protected already: it stands in the list above."))
    except ValidationError as error:
        tell(form, error)
    return form.is_valid()


@dataclass(frozen=True)
class Row:
    """A protection in words, with the refs that it names now: some of them, and how many there are."""

    it: ProtectedRef
    named: list[str]
    count: int

    @property
    def push(self) -> Any:
        return LEVEL_WORDS[self.it.push_level]

    @property
    def run(self) -> Any:
        """Whoever may push, and whoever may merge."""
        return LEVEL_WORDS[min(filter(None, (self.it.push_level, self.it.merge_level)), default=0)]


def _rows(project: Project, rows: list[ProtectedRef]) -> dict[str, list[Row]]:
    code = Repository(project.repository_path)
    names = {
        RefKind.BRANCH: [ref.name for ref in code.branches()],
        RefKind.TAG: [ref.name for ref in code.tags()],
    }
    found: dict[RefKind, list[Row]] = {kind: [] for kind in RefKind}
    for row in rows:
        kind = RefKind(row.kind)
        named = [name for name in names[kind] if matches(row.name, name)]
        found[kind].append(Row(row, named[:SHOWN_REFS], len(named)))
    return {"branches": found[RefKind.BRANCH], "tags": found[RefKind.TAG]}


@requires(Action.MANAGE_PROTECTED_REFS)
@form_page
def change(request: PageRequest, project_path: str, protected: int) -> HttpResponseBase:
    """Who may do what; the name stays."""
    project, found = request.access.project, _find(request, protected)
    form = RulesForm(request.POST if request.method == "POST" else None, protected=found)
    if request.method == "POST" and form.is_valid():
        services.change_protection(found, by=acting(request), **form.cleaned_data)
        messages.success(request, _("The protection of %(name)s is changed.") % {"name": found.name})
        return redirect(URL, project.full_path)
    context = {"project": project, "protected": found, "form": form, "nav_current": URL}
    return render(request, "projects/protected_ref.html", context, status=422 if form.errors else 200)


@requires(Action.MANAGE_PROTECTED_REFS)
@form_page
def unprotect(request: PageRequest, project_path: str, protected: int) -> HttpResponse:
    """Asked with GET, done with POST."""
    project, found = request.access.project, _find(request, protected)
    if request.method == "POST":
        services.unprotect(found, by=acting(request))
        messages.success(request, _("%(name)s is protected no longer.") % {"name": found.name})
        return redirect(URL, project.full_path)
    context = {"project": project, "protected": found, "nav_current": URL}
    return render(request, "projects/protected_ref_remove.html", context)


def _find(request: PageRequest, pk: int) -> ProtectedRef:
    return get_object_or_404(ProtectedRef, project=request.access.project, pk=pk)
