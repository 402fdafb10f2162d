"""`manage.py import_project PATH_TO_REPOSITORY group/path`: takes over a repository with jobs that rely on being open.

Both limits start off, so that nothing breaks on the first day; a maintainer turns them on when the list is right.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management import BaseCommand, CommandError, CommandParser
from django.db import transaction

from identity.models import User
from projects.models import Group
from projects.roles.group_lock import keep_groups_once
from projects.services.importing import check_path, copy_repository
from tokenaccess.allowlist import services
from tokenaccess.policy.levels import Visibility


class Command(BaseCommand):
    help = "Makes a project of an existing git repository; both job token limits start off."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "repository", type=Path, help="the folder of a git repository, bare or not; it stays as it is"
        )
        parser.add_argument("full_path", help="where it goes: an existing group (or username), a slash, a new path")
        parser.add_argument("--by", metavar="USERNAME", help="who makes it; the first administrator otherwise")
        parser.add_argument("--name", help="the project's name; its path otherwise")
        parser.add_argument("--visibility", choices=[level.name.lower() for level in Visibility], default="private")

    def handle(self, *args: Any, **options: Any) -> None:
        above, _slash, path = options["full_path"].rpartition("/")
        group = Group.objects.at_path(above).first()
        if group is None:
            raise CommandError(f"There is no group {above!r}.")
        by = _find_creator(options["by"])
        try:
            check_path(group, path)
            # The limits are changed last, when the group is locked.
            with copy_repository(options["repository"]) as copy, transaction.atomic(), keep_groups_once():
                project = copy.create_project(
                    name=options["name"] or path,
                    path=path,
                    group=group,
                    by=by,
                    visibility=Visibility[options["visibility"].upper()],
                )
                services.adopt_existing(project, by=None)
        except ValidationError as error:
            raise CommandError("; ".join(error.messages)) from error
        self.stdout.write(f"{project.full_path} is project {project.pk}. Both limits are off.")


def _find_creator(username: str | None) -> User:
    people = User.objects.filter(username__iexact=username) if username else User.objects.filter(is_superuser=True)
    found = people.order_by("pk").first()
    if found is None:
        raise CommandError(f"There is nobody called {username!r}." if username else "There is no administrator yet.")
    return found
