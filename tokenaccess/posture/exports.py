"""A report as SARIF 2.1.0, for what shows findings of security tools, and as CSV.

SARIF's levels know no critical: the rule's `security-severity` does, as GitHub and others read it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.conf import settings

from text.spreadsheets import csv_lines
from tokenaccess.posture.check import Severity
from tokenaccess.posture.checks import CHECKS
from tokenaccess.posture.report import Finding

SARIF_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
CSV_HEADER = (
    "severity", "check", "subject_id", "subject", "project_or_group", "why", "accepted_until", "accepted_because",
    "url",
)  # fmt: skip
_LEVELS = {Severity.LOW: "note", Severity.MEDIUM: "warning", Severity.HIGH: "error", Severity.CRITICAL: "error"}
_SCORES = {Severity.LOW: "2.0", Severity.MEDIUM: "5.0", Severity.HIGH: "8.0", Severity.CRITICAL: "9.5"}


def to_sarif(findings: Iterable[Finding]) -> dict[str, Any]:
    """One run of one tool, whose rules are the checks."""
    positions = {check.name: at for at, check in enumerate(CHECKS)}
    return {
        "$schema": SARIF_SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "Token Access",
                        "informationUri": settings.EXTERNAL_URL,
                        "rules": [_rule(check) for check in CHECKS],
                    }
                },
                "results": [_result(finding, positions[finding.check.name]) for finding in findings],
            }
        ],
    }


def to_csv(findings: Iterable[Finding]) -> str:
    """With CSV_HEADER. No cell begins as a spreadsheet's formula would."""
    return "".join(csv_lines([CSV_HEADER, *map(_cells, findings)]))


def _cells(one: Finding) -> tuple[str, ...]:
    accepted = one.accepted
    return (
        one.check.severity.slug, one.check.name, str(one.subject_id), one.label, one.path, one.why,
        accepted.until.isoformat() if accepted else "", accepted.reason if accepted else "", _absolute(one.url),
    )  # fmt: skip


def _rule(check: Any) -> dict[str, Any]:
    return {
        "id": check.name,
        "shortDescription": {"text": str(check.title)},
        "fullDescription": {"text": str(check.why)},
        "defaultConfiguration": {"level": _LEVELS[check.severity]},
        "properties": {"security-severity": _SCORES[check.severity], "tags": ["security"]},
    }


def _result(finding: Finding, rule_index: int) -> dict[str, Any]:
    found: dict[str, Any] = {
        "ruleId": finding.check.name,
        "ruleIndex": rule_index,
        "level": _LEVELS[finding.check.severity],
        "message": {"text": f"{finding.label}: {finding.check.why}"},
        "partialFingerprints": {"finding/v1": finding.key},
        "locations": [
            {
                "physicalLocation": {"artifactLocation": {"uri": _absolute(finding.url) or settings.EXTERNAL_URL}},
                "logicalLocations": [{"fullyQualifiedName": finding.path or "instance", "kind": "namespace"}],
            }
        ],
    }
    if finding.accepted is not None:
        found["suppressions"] = [{"kind": "external", "status": "accepted", "justification": finding.accepted.reason}]
    return found


def _absolute(url: str) -> str:
    return f"{settings.EXTERNAL_URL}{url}" if url else ""
