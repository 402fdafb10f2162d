"""`manage.py tokenaccess`: the rules of a project as a YAML file. FILE `-` is the standard input or output.

manage.py tokenaccess export library.yml --project acme/library
manage.py tokenaccess plan library.yml
manage.py tokenaccess apply library.yml --plan HASH

`plan` ends with status 0 where nothing would change, and with 2 where something would; errors are 1.
"""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from identity.models import User
from projects.models import Group, Project
from tokenaccess.errors import TokenAccessError
from tokenaccess.policy.actions import TargetKind
from tokenaccess.rules_file.apply import apply_document, try_plan
from tokenaccess.rules_file.errors import RulesFileError, StalePlanError
from tokenaccess.rules_file.export import export_document, export_onto
from tokenaccess.rules_file.managed import read_managed
from tokenaccess.rules_file.plan import Plan
from tokenaccess.rules_file.reader import read_document
from tokenaccess.rules_file.state import read_state
from tokenaccess.rules_file.yaml_nodes import MAX_BYTES

STALE = "The rules have changed since the plan was made, or the file has. Plan again."
CHANGES = 2  # exit status
SIGNS = {"add": "+", "change": "~", "remove": "-"}


class Command(BaseCommand):
    help = "Plans, applies and exports the rules of a project as a YAML file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        commands = parser.add_subparsers(dest="what", required=True)
        for name, text in (
            ("plan", "say what applying the file would change; status 2 if anything"),
            ("apply", "make the project as the file says: all of it or nothing"),
            ("export", "write the file; one that is there is brought up to date with its comments kept"),
        ):
            command = commands.add_parser(name, help=text)
            command.add_argument("file", help="its path, or -")
            command.add_argument("--as", dest="username", help="act with the rights of this user; else as the system")
            if name == "plan":
                command.add_argument("--json", action="store_true", help="the plan as JSON")
            elif name == "apply":
                command.add_argument("--plan", required=True, help="the hash that the plan was shown with")
            else:
                command.add_argument("--project", help="full path; not needed for a file that is there")
                command.add_argument("--group", help="full path, for the rules of a group")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            getattr(self, f"_{options['what']}")(options, _user(options["username"]))
        except StalePlanError as error:
            raise CommandError(STALE) from error
        except RulesFileError as error:
            raise CommandError(f"{options['file']}: {error}") from error
        except TokenAccessError as error:
            raise CommandError(error.message) from error
        except OSError as error:
            raise CommandError(f"{options['file']}: {error.strerror or error}") from error
        except UnicodeError as error:
            raise CommandError(f"{options['file']}: {error}") from error

    def _plan(self, options: dict[str, Any], user: User | None) -> None:
        document = read_document(_read(options["file"]))
        plan = try_plan(_holder(document.kind, document.path), document, by=user)
        if options["json"]:
            self.stdout.write(json.dumps(_to_data(plan), indent=2))
        else:
            self._show(plan, user)
        if plan.changes:
            sys.exit(CHANGES)

    def _show(self, plan: Plan, user: User | None) -> None:
        managed = read_managed(plan.holder, user)
        if managed is not None and managed.drift:
            since = "" if managed.since is None else f" since {managed.since:%Y-%m-%d %H:%M} UTC"
            self.stdout.write(f"Changed past the file{since}:")
            self._lines([f"  {SIGNS[change.verb]} {change.words}" for change in managed.drift])
        self._lines([f"{SIGNS[change.verb]} {change.words}" for change in plan.changes])
        if plan.hidden:
            self.stdout.write(f"Entries that {user} cannot see, and that stay: {plan.hidden}")
        for refusal in plan.refusals:
            self.stdout.write(f"Refused: {refusal.change.name}: {refusal.error.message}")
        added, changed, removed = (plan.count(verb) for verb in ("add", "change", "remove"))
        self.stdout.write(f"{plan.holder.full_path}: {added} to add, {changed} to change, {removed} to remove")
        if plan.changes:
            self.stdout.write(f"Plan: {plan.hash}")

    def _apply(self, options: dict[str, Any], user: User | None) -> None:
        document = read_document(_read(options["file"]))
        plan = apply_document(_holder(document.kind, document.path), document, by=user, plan_hash=options["plan"])
        self._lines([f"{SIGNS[change.verb]} {change.words}" for change in plan.changes])
        count = len(plan.changes)
        self.stdout.write(f"{plan.holder.full_path}: {count} change{'s' * (count != 1)} applied")

    def _export(self, options: dict[str, Any], user: User | None) -> None:
        path = Path(options["file"])
        there = options["file"] != "-" and path.exists()
        old = _read(options["file"]) if there else ""
        holder = _chosen_holder(options, old if there else None)
        document = read_state(holder, user).document
        text = export_onto(old, document) if there else export_document(document)
        if options["file"] == "-":
            self.stdout.write(text, ending="")
        else:
            path.write_text(text, encoding="utf-8")

    def _lines(self, lines: list[str]) -> None:
        for line in lines:
            self.stdout.write(line)


def _to_data(plan: Plan) -> dict[str, Any]:
    return {
        str(plan.holder.kind): plan.holder.full_path,
        "hash": plan.hash,
        "changes": [change.to_data() for change in plan.changes],
        "hidden": plan.hidden,
        "refused": plan.refusal_names,
        "refusals": [{"name": one.change.name, "reason": one.error.message} for one in plan.refusals],
    }


def _read(name: str) -> str:
    """One byte more than a file may have, so that it is refused for that."""
    if name == "-":
        return sys.stdin.read(MAX_BYTES + 1)
    with Path(name).open(encoding="utf-8") as file:
        return file.read(MAX_BYTES + 1)


def _chosen_holder(options: dict[str, Any], text: str | None) -> Project | Group:
    """`text`: of the file that is there."""
    for kind in (TargetKind.PROJECT, TargetKind.GROUP):
        if options[str(kind)]:
            return _holder(kind, options[str(kind)])
    if text is None:
        raise CommandError("Say whose rules: --project or --group")
    document = read_document(text)
    return _holder(document.kind, document.path)


def _holder(kind: TargetKind, path: str) -> Project | Group:
    rows: Any = Project.objects.alive() if kind is TargetKind.PROJECT else Group.objects.alive().filter(person=None)
    found: Project | Group | None = rows.at_path(path).first()
    if found is None:
        raise CommandError(f"There is no {kind} {path}.")
    return found


def _user(username: str | None) -> User | None:
    if username is None:
        return None
    user = User.objects.filter(username__iexact=username, is_active=True).first()
    if user is None:
        raise CommandError(f"There is nobody called {username}.")
    return user
