"""The sources of a project as files: those that the page's filters choose, in their order."""

from __future__ import annotations

from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from pages.downloads import CSV, file_response
from pages.parameters import page_parameters
from tokenaccess.adapters.pages import PageRequest, current_user, requires
from tokenaccess.api.sources.params import SourcePageFilters
from tokenaccess.policy import Action
from tokenaccess.sources.export import export_lines, yaml_items
from tokenaccess.sources.read import complete, read_sources
from tokenaccess.sources.rows import SourceRow


@requires(Action.READ_TOKEN_ACCESS)
@require_safe
def as_csv(request: PageRequest, project_path: str) -> HttpResponseBase:
    """`…/token_access/sources.csv`"""
    return file_response(export_lines(_filtered_rows(request)), f"token-access-{request.access.project.pk}.csv", CSV)


@requires(Action.READ_TOKEN_ACCESS)
@require_safe
def as_yaml(request: PageRequest, project_path: str) -> HttpResponseBase:
    """`…/token_access/sources.yml`"""
    project = request.access.project
    items = yaml_items(project.full_path, _filtered_rows(request))
    return file_response(items, f"token-access-{project.pk}.yml", "application/yaml; charset=utf-8")


def _filtered_rows(request: PageRequest) -> list[SourceRow]:
    project, reader = request.access.project, current_user(request)
    query = SourcePageFilters.query(page_parameters(request, SourcePageFilters))
    rows = query.apply(read_sources(project, reader).rows)
    complete(rows, project, reader)
    return rows
