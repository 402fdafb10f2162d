"""The page of a project's CI components."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from jobs.forms.inputs import field_text
from jobs.pipelines.components import component_versions, components_of, usual_version
from pages.frame import render_page
from pages.listing import search_term
from projects.repository import Repository
from tokenaccess.adapters.pages import PageRequest, requires
from tokenaccess.policy import Action


@requires(Action.READ_CODE)
@require_safe
def components(request: PageRequest, project_path: str) -> HttpResponse:
    """`?version=`: a tag, branch or commit; by default the newest semantic version, else the default branch."""
    project = request.access.project
    repository = Repository(project.repository_path)
    wanted = search_term(request, "version")
    version = wanted or usual_version(repository, project.default_branch)
    found = components_of(project, version, request.access.user)
    rows = [
        (one, [(spec, "" if spec.default is None else field_text(spec.default)) for spec in one.inputs])
        for one in found or []
    ]
    versions = component_versions(repository, project.default_branch)
    context = {
        "rows": rows,
        "version": version,
        "is_unknown": found is None and wanted != "",
        "versions": list(dict.fromkeys([*([] if found is None else [version]), *versions])),
    }
    return render_page(request, "jobs/components.html", context)
