"""Who looks at the pages of a benchmark's world, a log to look at, and a number of everything else. Run with the
product's settings, after `manage.py bench_world`:

python -m bench.page_world ROWS NUMBER FILE

ROWS rows of the log are spread over all targets for 90 days; the first target gets a hundredth of them, and refusals.
It and every second project are on trial, which would have refused a twentieth as many. Every job is recorded with the
addresses it used its token from. NUMBER is how many packages, jobs, tokens … it has. FILE gets the pages, each with the
session of who looks at it.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bench.place import Place
    from identity.models import User


def main(rows: int, number: int, file: Path) -> None:
    from bench import page_list, page_log, page_values, place
    from bench.copying import analyze

    found = make_place(rows)
    place.fill(found, range(1, number + 1))
    page_log.fill_addresses(found)
    analyze()
    sessions = {False: _session(found.person), True: _session(found.administrator)}
    pages = page_list.pages(page_values.values_of(found), found.administrator)
    file.write_text(
        json.dumps(
            [
                {
                    "name": page.name,
                    "address": page.address,
                    "fields": dict(page.fields),
                    "session": sessions[page.as_administrator],
                }
                for page in pages
            ]
        )
    )


def make_place(rows: int) -> Place:
    """The first target, with its log; its maintainer also maintains the projects on its list."""
    from bench import page_log
    from bench.copying import without_foreign_key_checks
    from bench.place import Place
    from bench.world import BASE
    from identity.models import User
    from identity.services.people import create_person
    from projects.models import Project
    from tokenaccess.models import AllowlistEntry

    target = Project.objects.select_related("group__parent").get(pk=BASE)
    listed = AllowlistEntry.objects.filter(project=target).order_by("pk")
    sources = list(listed.values_list("target_project_id", flat=True))
    others = list(Project.objects.filter(pk__gt=BASE).order_by("pk").values_list("pk", flat=True))
    maintainer = User.objects.get(username="reader0")
    with without_foreign_key_checks():
        _show(maintainer.pk, sources)
        page_log.fill(target.pk, sources, others, rows)
    chief = create_person(username="bench-admin", password=None, by=None, is_superuser=True)
    top = target.group.parent
    assert top is not None
    return Place(target, target.group, top, maintainer, chief, sources)


def _session(user: User) -> str:
    from django.test import Client

    browser = Client()
    browser.force_login(user, backend="identity.backends.PasswordBackend")
    return str(browser.cookies["sessionid"].value)


def _show(user: int, projects: list[int]) -> None:
    """What the maintainer may not see would have no name on the pages, and no answer on some."""
    from bench.copying import Table
    from bench.world import rights_of
    from projects.models import ProjectEffectiveRole
    from tokenaccess.policy.levels import Role

    rights = rights_of(Role.MAINTAINER)
    roles = Table(ProjectEffectiveRole, "user_id", "content_object_id", "permission_id", "role")
    roles.fill((user, project, *right) for project in projects for right in rights)


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    import django

    django.setup()
    main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
