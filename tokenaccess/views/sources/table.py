"""The table of an inbound list and of what used it, on the page of a project and on that of a group."""

from __future__ import annotations

from typing import Any

from django.contrib.humanize.templatetags.humanize import intcomma

from pages.listing import page_of
from pages.parameters import page_parameters
from projects.models import Project
from tokenaccess.adapters.pages import PageRequest, current_user
from tokenaccess.allowlist.display.list_size import ListSize
from tokenaccess.allowlist.display.summary import TokenAccessSummary
from tokenaccess.api.sources.params import SourcePageFilters
from tokenaccess.explanation.source_remedies import add_source_remedies
from tokenaccess.sources.log import max_sources
from tokenaccess.sources.read import complete, read_sources
from tokenaccess.views.entries.undo import offered_undo
from tokenaccess.views.frame import target_of


def source_table(request: PageRequest, size: ListSize, summary: TokenAccessSummary | None = None) -> dict[str, Any]:
    """The context of tokenaccess/sources.html, but for `source_filters`. `summary`: of a project."""
    holder, user = target_of(request), current_user(request)
    query = SourcePageFilters.query(page_parameters(request, SourcePageFilters))
    sources = read_sources(holder, user, summary)
    page = page_of(request, query.apply(sources.rows))
    has_ceiling = summary is None or summary.group_rule.has_ceiling
    complete(list(page.object_list), holder, user, has_ceiling=has_ceiling)
    add_source_remedies(holder, list(page.object_list), user)
    return {
        "size": size,
        "own_row": isinstance(holder, Project) and page.number == 1 and not query.is_filtered,
        "sources_page": page,
        "cut_at": intcomma(max_sources(holder)) if sources.is_cut else "",
        "last_change": offered_undo(request),
        "has_sources": bool(sources.rows),
        "sorting": query,
    }
