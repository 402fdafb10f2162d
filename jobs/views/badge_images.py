"""Small pictures for READMEs: how a ref's latest pipeline went, and what its tests cover. Open to whoever may see the
project's pipelines, and to nobody else.

`/<project>/-/badges/<ref>/pipeline.svg`; a project's README shows them at `/<project>/badges/…` too.
"""

from __future__ import annotations

from typing import NamedTuple

from django.db.models import QuerySet
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.views.decorators.http import require_safe

from jobs.models import Job, Pipeline
from jobs.states import State
from text.numbers import parse_number
from tokenaccess.adapters.pages import PageRequest, requires
from tokenaccess.policy import Action

GREEN, RED, YELLOW, ORANGE, GREY = "#4c1", "#e05d44", "#dfb317", "#fe7d37", "#9f9f9f"
_COLOURS = {State.SUCCESS: GREEN, State.FAILED: RED, State.RUNNING: YELLOW, State.PENDING: YELLOW}
# What covers at least so much is good, acceptable, medium.
_GOOD, _ACCEPTABLE, _MEDIUM = 95, 90, 75
MAX_TEXT, MAX_WIDTH = 64, 512
_CHARACTER, _MARGIN = 7, 10  # pixels


class Badge(NamedTuple):
    key: str
    value: str
    colour: str


@requires(Action.READ_PIPELINES)
@require_safe
def pipeline_badge(request: PageRequest, project_path: str, ref: str) -> HttpResponse:
    """`ignore_skipped=true`: of the latest that did anything."""
    rows = _pipelines(request, ref)
    if request.GET.get("ignore_skipped") == "true":
        rows = rows.exclude(status=State.SKIPPED)
    latest = rows.first()
    if latest is None:
        return _respond(request, Badge("pipeline", "unknown", GREY))
    status = State(latest.status)
    word = "passed" if status is State.SUCCESS else status.value.replace("_", " ")
    return _respond(request, Badge("pipeline", word, _COLOURS.get(status, GREY)))


@requires(Action.READ_PIPELINES)
@require_safe
def coverage_badge(request: PageRequest, project_path: str, ref: str) -> HttpResponse:
    """Of the latest pipeline that passed; `job=`: of its job of that name. `min_good=`, `min_acceptable=` and
    `min_medium=` say what counts as that, in percent."""
    covered = _coverage(request, ref)
    if covered is None:
        return _respond(request, Badge("coverage", "unknown", GREY))
    good = _number(request, "min_good", _GOOD)
    acceptable = _number(request, "min_acceptable", min(_ACCEPTABLE, good))
    medium = _number(request, "min_medium", min(_MEDIUM, acceptable))
    colour = RED
    for least, found in ((medium, ORANGE), (acceptable, YELLOW), (good, GREEN)):
        colour = found if covered >= least else colour
    return _respond(request, Badge("coverage", f"{covered:.2f}%", colour))


def _coverage(request: PageRequest, ref: str) -> float | None:
    rows = _pipelines(request, ref).filter(status=State.SUCCESS)
    name = request.GET.get("job", "").replace("\0", "")
    if not name:
        latest = rows.with_coverage().first()  # type: ignore[attr-defined]
        return None if latest is None else latest.coverage
    latest = rows.first()
    jobs = Job.objects.current().filter(pipeline=latest, name=name) if latest else Job.objects.none()
    return jobs.values_list("coverage", flat=True).first()


def _pipelines(request: PageRequest, ref: str) -> QuerySet[Pipeline]:
    """The newest first."""
    return Pipeline.objects.filter(project=request.access.project).of_ref(ref.replace("\0", "")).order_by("-id")


def _number(request: PageRequest, name: str, default: int, most: int = 100) -> int:
    """What makes no sense is as if it were not there: a picture has no place for errors."""
    return parse_number(request.GET.get(name, ""), most) or default


def _respond(request: PageRequest, badge: Badge) -> HttpResponse:
    key = request.GET.get("key_text", "")[:MAX_TEXT] or badge.key
    width = _number(request, "key_width", _width_of(key), MAX_WIDTH)
    total = width + _width_of(badge.value)
    context = {
        "key": key,
        "value": badge.value,
        "colour": badge.colour,
        "width": width,
        "total": total,
        "key_middle": width / 2,
        "value_middle": (width + total) / 2,
        "radius": 0 if request.GET.get("style") == "flat-square" else 3,
    }
    response = HttpResponse(render_to_string("jobs/badge.svg", context), content_type="image/svg+xml; charset=utf-8")
    response["Cache-Control"] = "private, no-cache"
    response["Content-Security-Policy"] = "default-src 'none'"
    return response


def _width_of(text: str) -> int:
    return len(text) * _CHARACTER + _MARGIN
