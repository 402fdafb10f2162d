"""`manage.py token_access`: settings of Token Access for administrators of the instance.

manage.py token_access show
manage.py token_access switch off
manage.py token_access enforce on
manage.py token_access mode trial
manage.py token_access mode trial --project group/project
manage.py token_access limit group/project --inbound on --outbound off
manage.py token_access stop --project group/project --hours 24
manage.py token_access autopopulate_and_enforce --preview
"""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from identity.models import User
from jobs.models import Job, Runner
from projects.models import Group, Project
from text.numbers import parse_number
from tokenaccess.access.facts import FEATURE_SWITCH, is_switch_on, settings_of
from tokenaccess.allowlist import services
from tokenaccess.allowlist.bulk_autopopulate import Outcome, ProjectSelection, autopopulate_all
from tokenaccess.errors import TokenAccessError
from tokenaccess.job_token_stop import Owner, stop_job_tokens
from tokenaccess.models import InstanceSettings
from tokenaccess.policy.levels import InboundMode

ON_OFF = ("on", "off")


class Command(BaseCommand):
    help = "Shows and changes Token Access: the feature switch, enforcement, a project's limits, lists from the log."

    def add_arguments(self, parser: ArgumentParser) -> None:
        commands = parser.add_subparsers(dest="what", required=True)
        commands.add_parser("show", help="how the instance stands")
        switch = commands.add_parser(
            "switch", help=f"the feature switch {FEATURE_SWITCH}: off, no limit is enforced at all"
        )
        switch.add_argument("state", choices=ON_OFF)
        enforce = commands.add_parser("enforce", help="keep every inbound limit on, or leave it to each project")
        enforce.add_argument("state", choices=ON_OFF)
        mode = commands.add_parser("mode", help="the inbound limit of one project, or of all: open, trial or enforced")
        mode.add_argument("mode", choices=[mode.name.lower() for mode in InboundMode])
        mode.add_argument("--project", help="its full path, or its id; without one: the instance")
        limit = commands.add_parser("limit", help="turn the limits of one project")
        limit.add_argument("project", help="its full path, or its id")
        limit.add_argument("--inbound", choices=ON_OFF)
        limit.add_argument("--outbound", choices=ON_OFF)
        stop = commands.add_parser("stop", help="end the tokens of running jobs at once; the jobs go on")
        whose = stop.add_mutually_exclusive_group(required=True)
        whose.add_argument("--job", type=int, help="its id")
        whose.add_argument("--project", help="its full path, or its id")
        whose.add_argument("--group", help="its full path")
        whose.add_argument("--runner", type=int, help="its id")
        whose.add_argument("--person", help="the username")
        stop.add_argument("--hours", type=float, default=24, help="tell what was reached in so many hours before")
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
        self.stdout.write(f"Feature switch {FEATURE_SWITCH}: {_on_off(is_switch_on())}")
        self.stdout.write(f"Inbound limit kept on for every project: {_on_off(instance.enforce_inbound)}")
        if instance.inbound_mode == InboundMode.TRIAL:
            self.stdout.write("Inbound limit on trial in every project that does not enforce it")
        self.stdout.write(f"Entries per list: {instance.allowlist_limit}")
        self.stdout.write(f"An editor is maintainer on both sides: {_on_off(instance.editor_needs_both)}")

    def _switch(self, options: dict[str, Any]) -> None:
        services.set_feature_switch(FEATURE_SWITCH, active=options["state"] == "on", by=None)
        self.stdout.write(f"Feature switch {FEATURE_SWITCH}: {options['state']}")

    def _enforce(self, options: dict[str, Any]) -> None:
        services.change_instance_settings(by=None, enforce_inbound=options["state"] == "on")
        self.stdout.write(f"Inbound limit kept on for every project: {options['state']}")

    def _mode(self, options: dict[str, Any]) -> None:
        mode = InboundMode[options["mode"].upper()]
        if options["project"] is None:
            services.change_instance_settings(by=None, inbound_mode=mode)
            self.stdout.write(f"Inbound limit of the instance: {options['mode']}")
            return
        project = _project(options["project"])
        services.set_inbound_mode(project, mode, by=None)
        self.stdout.write(f"{project.full_path}: {options['mode']}")

    def _limit(self, options: dict[str, Any]) -> None:
        wanted = {name: options[name] == "on" for name in ("inbound", "outbound") if options[name]}
        if not wanted:
            raise CommandError("Say which limit: --inbound on|off, --outbound on|off")
        project = _project(options["project"])
        services.limit_access(project, by=None, **wanted)
        settings = settings_of(project)
        inbound, outbound = _on_off(settings.limits_inbound), _on_off(settings.limits_outbound)
        self.stdout.write(f"{project.full_path}: inbound {inbound}, outbound {outbound}")

    def _stop(self, options: dict[str, Any]) -> None:
        since = timezone.now() - timedelta(hours=options["hours"])
        done = stop_job_tokens(_owner(options), by=None, since=since)
        for job in done.jobs:
            self.stdout.write(f"stopped: job {job.pk} ({job.name}) of {job.project.full_path}")
        self.stdout.write(f"{len(done.jobs)} tokens stopped.")
        for one in done.reached:
            self.stdout.write(f"reached: {one.path} by jobs of {one.origin_path}: {', '.join(sorted(one.used))}")

    def _autopopulate_and_enforce(self, options: dict[str, Any]) -> None:
        choice = ProjectSelection(
            _ids(options["only_project_ids"]), _ids(options["exclude_project_ids"]) or frozenset()
        )
        failed = 0
        for outcome in autopopulate_all(choice, preview=options["preview"]):
            self.stdout.write(_line(outcome))
            failed += outcome.error != ""
        if failed:
            raise CommandError(f"{failed} of them could not be filled and stay as they were.")


def _line(outcome: Outcome) -> str:
    path = outcome.project.full_path
    if outcome.error:
        return f"{path}: {outcome.error}"
    added = ", ".join(place.full_path for place in outcome.targets) or "nothing to add"
    return f"{path}: {added}"


def _project(named: str) -> Project:
    found = Project.objects.alive()
    number = parse_number(named)
    project = (found.at_path(named) if number is None else found.filter(pk=number)).first()
    if project is None:
        raise CommandError(f"There is no project {named}.")
    assert isinstance(project, Project)
    return project


def _owner(options: dict[str, Any]) -> Owner:
    if options["project"] is not None:
        return _project(options["project"])
    if options["group"] is not None:
        found: Any = Group.objects.at_path(options["group"]).first()
    elif options["person"] is not None:
        found = User.objects.filter(username__iexact=options["person"]).first()
    elif options["runner"] is not None:
        found = Runner.objects.filter(pk=options["runner"]).first()
    else:
        found = Job.objects.filter(pk=options["job"]).first()
    if found is None:
        raise CommandError("There is no such job, group, runner or person.")
    owner: Owner = found
    return owner


def _ids(text: str | None) -> frozenset[int] | None:
    if text is None:
        return None
    parts = [part.strip() for part in text.split(",") if part.strip()]
    ids = {parse_number(part) for part in parts}
    if len(parts) > ProjectSelection.MAX_IDS or None in ids:
        raise CommandError(f"Ids are numbers with commas between them, at most {ProjectSelection.MAX_IDS}.")
    return frozenset(number for number in ids if number is not None)


def _on_off(on: bool) -> str:
    return "on" if on else "off"
