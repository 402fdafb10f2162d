"""A blast radius as a picture that stands alone: SVG, made on the server, in columns as the page draws it."""

from __future__ import annotations

from collections.abc import Mapping
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tokenaccess.reach.blast_radius import Effect
from tokenaccess.reach.blast_report import BlastReport

COLUMN, ROW, MARGIN, RADIUS = 340, 80, 60, 11
_LETTER = 8  # width of one, about
_STYLE = """
svg { color-scheme: light dark; background: light-dark(#fff, #141f1f); font: 14px system-ui, sans-serif }
text { fill: light-dark(#10201f, #e8f0ef); text-anchor: middle;
  stroke: light-dark(#fff, #141f1f); stroke-width: 4; paint-order: stroke }
.line { stroke: light-dark(#5f7472, #8fa5a3); stroke-width: 2; fill: none }
.head { fill: light-dark(#5f7472, #8fa5a3) }
.read { stroke-dasharray: 6 4 }
.project { fill: light-dark(#fff, #141f1f); stroke: light-dark(#5f7472, #8fa5a3); stroke-width: 2 }
.change { fill: light-dark(#0b5a60, #74c9c9) }
.begin { fill: light-dark(#10201f, #e8f0ef) }
"""
_Point = tuple[float, float]


def to_svg(report: BlastReport) -> str:
    """Of what the report names; hidden projects are counted in a line below."""
    columns = _columns(report)
    height = 2 * MARGIN + ROW * (max(map(len, columns.values())) - 1) + RADIUS
    longest = max(len(path) for column in columns.values() for path in column)
    width = 2 * max(MARGIN, longest * _LETTER // 2 + RADIUS) + COLUMN * max(columns)
    places = _places(columns, width - COLUMN * max(columns), height)
    root = Element("svg", xmlns="http://www.w3.org/2000/svg", role="img", viewBox=f"0 0 {width} {height + ROW // 2}")
    root.attrib |= {"width": str(width), "height": str(height + ROW // 2), "aria-labelledby": "title about"}
    SubElement(root, "title", id="title").text = _("Blast radius of %(path)s") % {"path": report.start}
    SubElement(root, "desc", id="about").text = "; ".join(_sentences(report))
    SubElement(root, "style").text = _STYLE
    marker = SubElement(
        root, "marker", id="head", viewBox="0 0 10 10", refX="9", refY="5", orient="auto", markerWidth="5"
    )
    SubElement(marker, "path", {"class": "head", "d": "M0 0 10 5 0 10z"})
    for step in report.steps:
        _draw_line(root, places[step.source], places[step.target], step.effect)
    effects: dict[str, str] = {one.path: str(one.effect) for one in report.reached}
    for path, place in places.items():
        _draw_project(root, path, place, effects.get(path, "begin"))
    if report.hidden:
        _write(root, (width / 2, height + 10), _hidden_words(report.hidden))
    indent(root)
    return tostring(root, "unicode") + "\n"


def _columns(report: BlastReport) -> dict[int, list[str]]:
    """By the number of steps; the project itself is in column 0."""
    columns = {0: [report.start]}
    for one in report.reached:
        columns.setdefault(one.distance, []).append(one.path)
    return columns


def _places(columns: Mapping[int, list[str]], borders: int, height: int) -> dict[str, _Point]:
    middle = (height - RADIUS) / 2
    return {
        path: (borders / 2 + COLUMN * step, middle + ROW * (row - (len(column) - 1) / 2))
        for step, column in columns.items()
        for row, path in enumerate(column)
    }


def _draw_line(root: Element, begin: _Point, end: _Point, effect: Effect) -> None:
    """From border to border of the two."""
    across, down = end[0] - begin[0], end[1] - begin[1]
    length = (across**2 + down**2) ** 0.5 or 1
    x, y = across / length * (RADIUS + 3), down / length * (RADIUS + 3)
    line = {"x1": begin[0] + x, "y1": begin[1] + y, "x2": end[0] - x, "y2": end[1] - y}
    words = {name: f"{value:.1f}" for name, value in line.items()}
    SubElement(root, "line", {"class": f"line {effect}", "marker-end": "url(#head)", **words})


def _draw_project(root: Element, path: str, place: _Point, effect: str) -> None:
    x, y = place
    side, css = str(2 * RADIUS), {"class": f"project {effect}"}
    if effect == "begin":
        SubElement(root, "rect", css, x=f"{x - RADIUS:.1f}", y=f"{y - RADIUS:.1f}", width=side, height=side)
    else:
        SubElement(root, "circle", css, cx=f"{x:.1f}", cy=f"{y:.1f}", r=str(RADIUS))
    _write(root, (x, y + RADIUS + 17), path)


def _write(root: Element, place: _Point, words: str) -> None:
    SubElement(root, "text", x=f"{place[0]:.1f}", y=f"{place[1]:.1f}").text = words


def _sentences(report: BlastReport) -> list[str]:
    words = {Effect.CHANGE: _("can be changed"), Effect.READ: _("can be read")}
    lines = [f"{one.path}: {words[one.effect]}" for one in report.reached]
    return [*lines, *([_hidden_words(report.hidden)] if report.hidden else [])]


def _hidden_words(count: int) -> str:
    return ngettext(
        "%(n)d more project is reached that you cannot see.",
        "%(n)d more projects are reached that you cannot see.",
        count,
    ) % {"n": count}
