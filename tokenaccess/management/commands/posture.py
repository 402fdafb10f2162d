"""`manage.py posture`: what an attacker would find, as SARIF, CSV or lines.

manage.py posture --fail-on high
manage.py posture --group acme --format sarif > posture.sarif
manage.py posture --project acme/library --check limit_off --all

Ends with status 2 where an open finding has at least the severity of `--fail-on`; errors are 1.
"""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from projects.models import Group, Project
from tokenaccess.posture.check import Severity
from tokenaccess.posture.checks import BY_NAME
from tokenaccess.posture.exports import to_csv, to_sarif
from tokenaccess.posture.report import Filters, Finding, Report
from tokenaccess.posture.scope import Scope

FOUND = 2  # exit status
SEVERITIES = [severity.slug for severity in Severity]


class Command(BaseCommand):
    help = "Lists what an attacker would find in the settings of the instance, a group or a project."

    def add_arguments(self, parser: ArgumentParser) -> None:
        owner = parser.add_mutually_exclusive_group()
        owner.add_argument("--project", help="full path; without it, and without a group, the whole instance")
        owner.add_argument("--group", help="full path")
        parser.add_argument("--check", choices=list(BY_NAME), default="", help="only this check")
        parser.add_argument("--severity", choices=SEVERITIES, default="low", help="the least that is listed")
        parser.add_argument("--all", action="store_true", help="also what was accepted")
        parser.add_argument("--format", choices=["text", "sarif", "csv"], default="text")
        parser.add_argument("--fail-on", choices=SEVERITIES, help="end with status 2 if there is such an open finding")

    def handle(self, *args: Any, **options: Any) -> None:
        scope = Scope(_target(options["project"], options["group"]))
        severity = Severity[options["severity"].upper()]
        filters = Filters(options["check"], severity, None if options["all"] else False)
        findings = list(Report(scope, None, filters).all())
        self.stdout.write(_FORMATS[options["format"]](findings))
        if options["fail_on"] and any(one.accepted is None for one in _at_least(findings, options["fail_on"])):
            sys.exit(FOUND)


def _target(project: str | None, group: str | None) -> Project | Group | None:
    if project is None and group is None:
        return None
    found: Project | Group | None
    if project is not None:
        found = Project.objects.alive().at_path(project).first()
    else:
        found = Group.objects.at_path(str(group)).first()
    if found is None:
        raise CommandError(f"There is no {'group' if project is None else 'project'} {group or project}.")
    return found


def _at_least(findings: list[Finding], slug: str) -> list[Finding]:
    return [one for one in findings if one.check.severity >= Severity[slug.upper()]]


def _lines(findings: list[Finding]) -> str:
    lines = [f"{one.check.severity.slug:<9} {one.key}  {one.label}: {one.title}{_acceptance(one)}" for one in findings]
    return "\n".join([*lines, f"{len(findings)} found."])


def _acceptance(one: Finding) -> str:
    return "" if one.accepted is None else f" (accepted until {one.accepted.until})"


_FORMATS = {
    "text": _lines,
    "sarif": lambda findings: json.dumps(to_sarif(findings), indent=2, ensure_ascii=False),
    "csv": lambda findings: to_csv(findings).rstrip("\n"),
}
