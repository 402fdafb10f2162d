"""`manage.py bench_world`: a large world for the benchmark, made in a minute (bench/world.py says what is in it)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from bench.world import BASE, World
from projects.models import Group


class Command(BaseCommand):
    help = "Fill the database with a large world for the benchmark, and write requests to send to it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--tokens", type=int, default=1000, help="jobs, each with its token")
        parser.add_argument("--entries", type=int, default=1, help="projects on each target's allowlist")
        parser.add_argument("--out", type=Path, help="write 10,000 lines `path<TAB>job token` that are admitted")
        parser.add_argument("--refused-out", type=Path, help="write as many that are refused")
        parser.add_argument("--people-out", type=Path, help="write as many with the personal tokens of people")

    def handle(self, *args: Any, **options: Any) -> None:
        tokens, entries = options["tokens"], options["entries"]
        if not 1 <= entries <= 1000 or not max(100, 5 * entries) <= tokens <= 10_000_000:
            raise CommandError("--entries from 1 to 1000; --tokens from 100 and 5 × entries to 10000000.")
        if Group.objects.filter(pk=BASE).exists():
            raise CommandError("This database holds such a world already; use a new one.")
        world, secrets = World(tokens, entries), dict[int, str]()
        for name, refused in (("out", False), ("refused_out", True)):
            if options[name]:
                lines = world.requests(secrets, refused=refused)
                options[name].write_text("".join(f"{path}\t{token}\n" for path, token in lines))
        if options["people_out"]:
            lines = world.reads_by_people()
            options["people_out"].write_text("".join(f"{path}\t{token}\n" for path, token in lines))
        world.fill(secrets)
        self.stdout.write(
            f"{tokens} job tokens, {world.projects} projects, {world.targets} targets with {entries} entries each "
            f"on {connection.vendor}."
        )
