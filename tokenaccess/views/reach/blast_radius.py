"""How far a project that is taken over leads: as a page with a table and a drawing, and as files."""

from __future__ import annotations

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from pages.downloads import file_response
from pages.parameters import page_parameters
from tokenaccess.adapters.pages import PageRequest, current_user, requires
from tokenaccess.api.reach.params import BlastRadiusChoice
from tokenaccess.policy import Action
from tokenaccess.reach import formats
from tokenaccess.reach.blast_radius import MAX_DEPTH, MAX_NODES, blast_radius
from tokenaccess.reach.blast_report import BlastReport, report_blast_radius
from tokenaccess.reach.drawing import to_svg
from tokenaccess.views.frame import render_token_access

ANYONE, ME = "any", "me"
PEOPLE = [(ANYONE, _("whoever may start jobs")), (ME, _("only you"))]
FILES = {
    "dot": (formats.to_dot, "text/vnd.graphviz"),
    "graphml": (formats.to_graphml, "application/xml"),
    "csv": (formats.to_csv, "text/csv"),
    "svg": (to_svg, "image/svg+xml"),
}


@requires(Action.READ_TOKEN_ACCESS)
@require_safe
def blast_radius_page(request: PageRequest, project_path: str) -> HttpResponse:
    """`…/token_access/blast_radius?person=any|me&depth=1|2|3`"""
    report, chosen = _report(request)
    return render_token_access(
        request,
        "blast_radius.html",
        report=report,
        chosen=chosen,
        people=PEOPLE,
        depths=[(str(one), one) for one in range(1, MAX_DEPTH + 1)],
        max_nodes=MAX_NODES,
        query=f"person={chosen}&depth={report.depth}",
    )


@requires(Action.READ_TOKEN_ACCESS)
@require_safe
def blast_radius_file(request: PageRequest, project_path: str, kind: str) -> HttpResponseBase:
    """`…/token_access/blast_radius.dot`, `.graphml`, `.csv` or `.svg`."""
    report, _chosen = _report(request)
    write, content_type = FILES[kind]
    name = f"blast-radius-{request.access.project.pk}.{kind}"
    return file_response(write(report), name, f"{content_type}; charset=utf-8")


def _report(request: PageRequest) -> tuple[BlastReport, str]:
    values, reader = page_parameters(request, BlastRadiusChoice), current_user(request)
    chosen = values["person"]
    found = blast_radius(request.access.project, person=reader if chosen == ME else None, depth=values["depth"])
    return report_blast_radius(found, reader), chosen
