"""Who looks at the pages of a benchmark's world, a log to look at, and a number of everything else. Run with the
product's settings, after `manage.py bench_world`:

python -m bench.page_world ROWS NUMBER FILE

ROWS rows of the log are spread over all targets for 90 days; the first target gets a hundredth of them, and refusals.
NUMBER is how many packages, jobs, tokens … it has. FILE gets the pages, each with the session of who looks at it.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bench.place import Place
    from identity.models import User

DAYS = 90


def main(rows: int, number: int, file: Path) -> None:
    from bench import page_list, page_values, place
    from bench.copying import analyze

    found = make_place(rows)
    place.fill(found, range(1, number + 1))
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
    from bench.copying import without_foreign_key_checks
    from bench.place import Place
    from bench.world import BASE
    from identity.models import User
    from identity.services.people import create_person
    from projects.models import Project
    from tokenaccess.models import AllowlistEntry

    target = Project.objects.select_related("group").get(pk=BASE)
    listed = AllowlistEntry.objects.filter(project=target).order_by("pk")
    sources = list(listed.values_list("target_project_id", flat=True))
    others = list(Project.objects.filter(pk__gt=BASE).order_by("pk").values_list("pk", flat=True))
    maintainer = User.objects.get(username="reader0")
    with without_foreign_key_checks():
        _show(maintainer.pk, sources)
        _fill_log(target.pk, sources, others, rows)
    chief = create_person(username="bench-admin", password=None, by=None, is_superuser=True)
    return Place(target, target.group, maintainer, chief, sources)


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


def _fill_log(target: int, sources: list[int], others: list[int], rows: int) -> None:
    from django.utils import timezone

    from bench.copying import Table
    from tokenaccess.models import AuthorizationRecord, DailyCount, RefusalRecord

    now, today = timezone.now(), timezone.now().date()
    counts = Table(DailyCount, "accessed_project_id", "day", "origin_project_id", uses=7, refusals=1)
    counts.fill(_days(target, [*sources, *others[-len(sources) :]], today, rows // 100))
    counts.fill(_spread(others, today, rows))
    records = Table(AuthorizationRecord, "accessed_project_id", "origin_project_id", last_authorized_at=now, used={})
    records.fill((target, source) for source in sources)
    constant: dict[str, Any] = {"action": "read packages", "rule": "admitted", "sentence": "Not listed.", "count": 3}
    constant |= {"first_at": now, "last_at": now, "trial": False}
    refusals = Table(RefusalRecord, "origin_project_id", "job_id", "project_id", **constant)
    refusals.fill((others[-1 - number % min(500, len(others))], number, target) for number in range(rows // 50))


def _days(target: int, sources: list[int], today: date, rows: int) -> Iterator[tuple[Any, ...]]:
    for number in range(min(rows, DAYS * len(sources))):
        yield target, today - timedelta(days=number % DAYS), sources[number // DAYS]


def _spread(projects: list[int], today: date, rows: int) -> Iterator[tuple[Any, ...]]:
    """Each project is reached by the next few, day by day."""
    for number in range(rows):
        place, day = divmod(number, DAYS)
        step, first = divmod(place, len(projects))
        yield projects[first], today - timedelta(days=day), projects[(first + step + 1) % len(projects)]


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    import django

    django.setup()
    main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
