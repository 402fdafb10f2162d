"""A blast radius in formats that other programs draw: Graphviz DOT, GraphML; and as CSV."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from xml.sax.saxutils import escape, quoteattr

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


_GRAPHML_KEYS = """\
  <key id="distance" for="node" attr.name="distance" attr.type="int"/>
  <key id="effect" for="all" attr.name="effect" attr.type="string"/>
"""


def to_graphml(report: BlastReport) -> str:
    nodes = [f"    <node id={quoteattr(report.start)}>{_data('distance', 0)}</node>"]
    for one in report.reached:
        nodes.append(
            f"    <node id={quoteattr(one.path)}>{_data('distance', one.distance)}{_data('effect', one.effect)}</node>"
        )
    edges = [
        f"    <edge source={quoteattr(one.source)} target={quoteattr(one.target)}>{_data('effect', one.effect)}</edge>"
        for one in report.steps
    ]
    body = "\n".join([*nodes, *edges])
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<graphml xmlns="http://graphml.graphdrawing.org/xmlns">\n'
        f'{_GRAPHML_KEYS}  <graph id="blast_radius" edgedefault="directed">\n{body}\n  </graph>\n</graphml>\n'
    )


def _data(key: str, value: object) -> str:
    return f'<data key="{key}">{escape(str(value))}</data>'


def to_csv(report: BlastReport) -> str:
    """One line for each project that is reached; in the end how many are hidden."""
    lines: list[Sequence[Any]] = [("Project Path", "Steps", "Effect", "Actions", "From")]
    for one in report.reached:
        sources = [*one.sources, *["(hidden)"] * one.hidden_sources]
        lines.append([one.path, one.distance, str(one.effect), one.action_names, sources])
    if report.hidden:
        lines.append([f"{report.hidden} hidden"])
    return "".join(csv_lines(lines))
