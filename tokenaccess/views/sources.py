"""The sources of a project as files: those that the page's filters choose, in their order."""

from __future__ import annotations

from collections.abc import Iterable

from django.http import StreamingHttpResponse
from django.views.decorators.http import require_safe

from pages.parameters import page_parameters
from tokenaccess.adapters.pages import PageRequest, current_user, requires
from tokenaccess.api.source_params import SourcePageFilters
from tokenaccess.policy import Action
from tokenaccess.sources.export import csv_lines, yaml_items
from tokenaccess.sources.read import complete, read_sources
from tokenaccess.sources.rows import SourceRow


@requires(Action.READ_TOKEN_ACCESS)
@require_safe
def as_csv(request: PageRequest, project_path: str) -> StreamingHttpResponse:
    """`…/token_access/sources.csv`"""
    return _download(request, csv_lines(_filtered_rows(request)), "text/csv", "csv")


@requires(Action.READ_TOKEN_ACCESS)
@require_safe
def as_yaml(request: PageRequest, project_path: str) -> StreamingHttpResponse:
    """`…/token_access/sources.yml`"""
    items = yaml_items(request.access.project.full_path, _filtered_rows(request))
    return _download(request, items, "application/yaml", "yml")


def _filtered_rows(request: PageRequest) -> list[SourceRow]:
    project, reader = request.access.project, current_user(request)
    query = SourcePageFilters.query(page_parameters(request, SourcePageFilters))
    rows = query.apply(read_sources(project, reader).rows)
    complete(rows, project, reader)
    return rows


def _download(request: PageRequest, lines: Iterable[str], kind: str, ending: str) -> StreamingHttpResponse:
    name = f"token-access-{request.access.project.pk}.{ending}"
    return StreamingHttpResponse(
        lines,
        content_type=f"{kind}; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
