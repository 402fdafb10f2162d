"""The sources of a project, or of the projects below a group, as files: those that the page's filters choose, in their
order."""

from __future__ import annotations

from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from pages.downloads import CSV, file_response
from pages.parameters import page_parameters
from tokenaccess.adapters.pages import PageRequest, current_user
from tokenaccess.api.sources.params import SourcePageFilters
from tokenaccess.sources.export import export_lines, yaml_items
from tokenaccess.sources.read import complete, read_sources
from tokenaccess.sources.rows import SourceRow
from tokenaccess.views.frame import of_both, target_of


@require_safe
def _as_csv(request: PageRequest, **_address: str) -> HttpResponseBase:
    """`…/token_access/sources.csv`"""
    return file_response(export_lines(_filtered_rows(request)), f"{_file_name(request)}.csv", CSV)


@require_safe
def _as_yaml(request: PageRequest, **_address: str) -> HttpResponseBase:
    """`…/token_access/sources.yml`"""
    items = yaml_items(target_of(request), _filtered_rows(request))
    return file_response(items, f"{_file_name(request)}.yml", "application/yaml; charset=utf-8")


def _file_name(request: PageRequest) -> str:
    holder = target_of(request)
    return f"token-access-{holder.pk}" if holder.kind == "project" else f"token-access-{holder.kind}-{holder.pk}"


def _filtered_rows(request: PageRequest) -> list[SourceRow]:
    holder, reader = target_of(request), current_user(request)
    query = SourcePageFilters.query(page_parameters(request, SourcePageFilters))
    rows = query.apply(read_sources(holder, reader).rows)
    complete(rows, holder, reader)
    return rows


csv_pages, yaml_pages = of_both(_as_csv, _as_yaml)
