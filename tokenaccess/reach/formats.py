"""A blast radius in formats that other programs draw: Graphviz DOT, GraphML; and as CSV."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from text.spreadsheets import csv_lines
from tokenaccess.reach.blast_report import BlastReport


def to_dot(report: BlastReport) -> str:
    lines = ["digraph blast_radius {", "  rankdir=LR;", f"  {_quote(report.start)} [shape=box];"]
    lines += [f"  {_quote(one.path)} [distance={one.distance}, effect={one.effect}];" for one in report.reached]
    lines += [f"  {_quote(one.source)} -> {_quote(one.target)} [label={one.effect}];" for one in report.steps]
    return "\n".join([*lines, "}", ""])


def _quote(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def to_graphml(report: BlastReport) -> str:
    root = Element("graphml", xmlns="http://graphml.graphdrawing.org/xmlns")
    for key, owner, kind in (("distance", "node", "int"), ("effect", "all", "string")):
        SubElement(root, "key", {"id": key, "for": owner, "attr.name": key, "attr.type": kind})
    graph = SubElement(root, "graph", id="blast_radius", edgedefault="directed")
    _add_data(SubElement(graph, "node", id=report.start), distance=0)
    for one in report.reached:
        _add_data(SubElement(graph, "node", id=one.path), distance=one.distance, effect=one.effect)
    for step in report.steps:
        _add_data(SubElement(graph, "edge", source=step.source, target=step.target), effect=step.effect)
    indent(root)
    return tostring(root, "utf-8", xml_declaration=True).decode() + "\n"


def _add_data(parent: Element, **values: object) -> None:
    for key, value in values.items():
        SubElement(parent, "data", key=key).text = str(value)


def to_csv(report: BlastReport) -> str:
    """One line for each project that is reached; in the end how many are hidden."""
    lines: list[Sequence[Any]] = [("Project Path", "Steps", "Effect", "Actions", "From")]
    for one in report.reached:
        sources = [*one.sources, *["(hidden)"] * one.hidden_sources]
        lines.append([one.path, one.distance, str(one.effect), one.action_names, sources])
    if report.hidden:
        lines.append([f"{report.hidden} hidden"])
    return "".join(csv_lines(lines))
