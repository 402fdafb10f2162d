"""`manage.py token_access`: the switches of Token Access, for whoever runs the instance.

manage.py token_access show
manage.py token_access switch off
manage.py token_access enforce on
manage.py token_access limit group/project --inbound on --outbound off
manage.py token_access autopopulate_and_enforce --preview
"""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from projects.models import Project
from tokenaccess import services
from tokenaccess.errors import TokenAccessError
from tokenaccess.filling import Choice, Outcome, fill
from tokenaccess.load import SWITCH, is_enforced, settings_of
from tokenaccess.models import InstanceSettings

ON_OFF = ("on", "off")


class Command(BaseCommand):
    help = "Shows and changes Token Access: the feature switch, enforcement, a project's limits, lists from the log."

    def add_arguments(self, parser: ArgumentParser) -> None:
        commands = parser.add_subparsers(dest="what", required=True)
        commands.add_parser("show", help="how the instance stands")
        switch = commands.add_parser("switch", help=f"the feature switch {SWITCH}: off, no limit is enforced at all")
        switch.add_argument("state", choices=ON_OFF)
        enforce = commands.add_parser("enforce", help="keep every inbound limit on, or leave it to each project")
        enforce.add_argument("state", choices=ON_OFF)
        limit = commands.add_parser("limit", help="turn the limits of one project")
        limit.add_argument("project", help="its full path, or its id")
        limit.add_argument("--inbound", choices=ON_OFF)
        limit.add_argument("--outbound", choices=ON_OFF)
        many = commands.add_parser(
            "autopopulate_and_enforce", help="fill every list from its log, then turn every inbound limit on"
        )
        many.add_argument("--preview", action="store_true", help="say what would be done, and do nothing")
        chosen = many.add_mutually_exclusive_group()
        chosen.add_argument("--only-project-ids", help="comma-separated, at most 1,000")
        chosen.add_argument("--exclude-project-ids", help="comma-separated, at most 1,000")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            getattr(self, f"_{options['what']}")(options)
        except TokenAccessError as error:
            raise CommandError(error.message) from error

    def _show(self, options: dict[str, Any]) -> None:
        instance = InstanceSettings.current()
        self.stdout.write(f"Feature switch {SWITCH}: {_word(is_enforced())}")
        self.stdout.write(f"Inbound limit kept on for every project: {_word(instance.enforce_inbound)}")
        self.stdout.write(f"Entries per list: {instance.allowlist_limit}")
        self.stdout.write(f"An editor is maintainer on both sides: {_word(instance.editor_needs_both)}")

    def _switch(self, options: dict[str, Any]) -> None:
        services.set_feature_switch(SWITCH, active=options["state"] == "on", by=None)
        self.stdout.write(f"Feature switch {SWITCH}: {options['state']}")

    def _enforce(self, options: dict[str, Any]) -> None:
        services.change_instance_settings(by=None, enforce_inbound=options["state"] == "on")
        self.stdout.write(f"Inbound limit kept on for every project: {options['state']}")

    def _limit(self, options: dict[str, Any]) -> None:
        wanted = {name: options[name] == "on" for name in ("inbound", "outbound") if options[name]}
        if not wanted:
            raise CommandError("Say which limit: --inbound on|off, --outbound on|off")
        project = _project(options["project"])
        services.limit_access(project, by=None, **wanted)
        settings = settings_of(project)
        inbound, outbound = _word(settings.limits_inbound), _word(settings.limits_outbound)
        self.stdout.write(f"{project.full_path}: inbound {inbound}, outbound {outbound}")

    def _autopopulate_and_enforce(self, options: dict[str, Any]) -> None:
        choice = Choice(_ids(options["only_project_ids"]), _ids(options["exclude_project_ids"]) or frozenset())
        failed = 0
        for outcome in fill(choice, preview=options["preview"]):
            self.stdout.write(_line(outcome))
            failed += outcome.error != ""
        if failed:
            raise CommandError(f"{failed} of them could not be filled and stay as they were.")


def _line(outcome: Outcome) -> str:
    path = outcome.project.full_path
    if outcome.error:
        return f"{path}: {outcome.error}"
    added = ", ".join(place.full_path for place in outcome.added) or "nothing to add"
    return f"{path}: {added}"


def _project(named: str) -> Project:
    found = Project.objects.alive()
    project = (found.filter(pk=named) if named.isdecimal() and len(named) < 19 else found.at_path(named)).first()
    if project is None:
        raise CommandError(f"There is no project {named}.")
    assert isinstance(project, Project)
    return project


def _ids(text: str | None) -> frozenset[int] | None:
    if text is None:
        return None
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if len(parts) > Choice.MOST or not all(part.isdecimal() and len(part) < 19 for part in parts):
        raise CommandError(f"Ids are numbers with commas between them, at most {Choice.MOST}.")
    return frozenset(map(int, parts))


def _word(on: bool) -> str:
    return "on" if on else "off"
