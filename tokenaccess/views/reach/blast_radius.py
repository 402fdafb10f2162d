"""How far a project that is taken over leads: as a page with a table and a drawing, and as files."""

from __future__ import annotations

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from pages.downloads import file_response
from tokenaccess.adapters.pages import PageRequest, current_user, requires
from tokenaccess.policy import Action
from tokenaccess.reach import formats
from tokenaccess.reach.blast_radius import MAX_DEPTH, MAX_NODES, blast_radius
from tokenaccess.reach.blast_report import BlastReport, report_blast_radius
from tokenaccess.views.frame import render_token_access

ANYONE, ME = "any", "me"
AS = [(ANYONE, _("whoever may start jobs")), (ME, _("only you"))]
FILES = {
    "dot": (formats.to_dot, "text/vnd.graphviz"),
    "graphml": (formats.to_graphml, "application/xml"),
    "csv": (formats.to_csv, "text/csv"),
}


@requires(Action.READ_TOKEN_ACCESS)
@require_safe
def blast_radius_page(request: PageRequest, project_path: str) -> HttpResponse:
    """`…/token_access/blast_radius?as=any|me&depth=1|2|3`"""
    report, chosen = _report(request)
    return render_token_access(
        request,
        "blast_radius.html",
        report=report,
        chosen=chosen,
        people=AS,
        depths=[(str(one), one) for one in range(1, MAX_DEPTH + 1)],
        max_nodes=MAX_NODES,
        query=f"as={chosen}&depth={report.depth}",
    )


@requires(Action.READ_TOKEN_ACCESS)
@require_safe
def blast_radius_file(request: PageRequest, project_path: str, kind: str) -> HttpResponseBase:
    """`…/token_access/blast_radius.dot`, `.graphml` or `.csv`."""
    report, _chosen = _report(request)
    write, content_type = FILES[kind]
    name = f"blast-radius-{request.access.project.pk}.{kind}"
    return file_response(write(report), name, f"{content_type}; charset=utf-8")


def _report(request: PageRequest) -> tuple[BlastReport, str]:
    """What is not one of the choices is as if it was not given, as in any filter of a page."""
    reader = current_user(request)
    chosen = ME if request.GET.get("as") == ME else ANYONE
    wanted = request.GET.get("depth", "")
    depth = int(wanted) if wanted in {str(one) for one in range(1, MAX_DEPTH + 1)} else MAX_DEPTH
    found = blast_radius(request.access.project, person=reader if chosen == ME else None, depth=depth)
    return report_blast_radius(found, reader), chosen
