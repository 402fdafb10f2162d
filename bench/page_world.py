"""Who looks at the pages of a benchmark's world, and a log to look at. Run with the product's settings, after
`manage.py bench_world`:

python -m bench.page_world ROWS FILE

ROWS rows of the log are spread over all targets for 90 days; the first target gets a hundredth of them, and refusals.
FILE gets the sessions of its maintainer and of an administrator, and the addresses of its pages.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

DAYS = 90
REFUSALS = 20_000
ADDRESSES = {
    "Token Access": "/{path}/-/settings/ci_cd/token_access",
    "… searched and sorted": "/{path}/-/settings/ci_cd/token_access?q=p1&order_by=refusals",
    "outbound": "/{path}/-/settings/ci_cd/token_access/outbound",
    "trial": "/{path}/-/settings/ci_cd/token_access/trial",
    "explain": "/{path}/-/settings/ci_cd/token_access/explain"
    "?source={source}&username=&action=read_packages&target={path}",
    "may reach me": "/{path}/-/settings/ci_cd/token_access/reach",
    "how far": "/{path}/-/settings/ci_cd/token_access/blast_radius",
    "log": "/{path}/-/settings/ci_cd/token_access/log",
    "refusals": "/{path}/-/settings/ci_cd/token_access/refusals",
    "reviews": "/{path}/-/settings/ci_cd/token_access/reviews",
    "history": "/{path}/-/audit_events",
    "posture": "/{path}/-/settings/ci_cd/token_access/posture",
}
OF_ADMINISTRATORS = {
    "group rule": "/groups/{group}/-/settings/token_access",
    "deviations": "/groups/{group}/-/settings/token_access/deviations",
    "widest access": "/-/token_access/widest",
    "posture of the instance": "/-/posture",
    "administration": "/admin/",
    "administration, entries": "/admin/tokenaccess/allowlistentry/",
    "administration, refusals": "/admin/tokenaccess/refusalrecord/",
}


def main(rows: int, file: Path) -> None:
    from django.test import Client

    from bench.copying import analyze, unchecked
    from bench.world import BASE
    from identity.models import User
    from identity.services.people import create_person
    from projects.models import Project
    from tokenaccess.models import AllowlistEntry

    target = Project.objects.get(pk=BASE)
    sources = list(AllowlistEntry.objects.filter(project=target).values_list("target_project_id", flat=True))
    others = list(Project.objects.filter(pk__gt=BASE).order_by("pk").values_list("pk", flat=True))
    maintainer = User.objects.get(username="reader0")
    with unchecked():
        _show(maintainer.pk, sources)
        _fill_log(target.pk, sources, others, rows)
    analyze()

    def session(user: User) -> str:
        browser = Client()
        browser.force_login(user, backend="identity.backends.PasswordBackend")
        return str(browser.cookies["sessionid"].value)

    names = {
        "path": target.full_path,
        "source": Project.objects.get(pk=sources[0]).full_path,
        "group": target.full_path.split("/")[0],
    }
    session_of_maintainer = session(maintainer)
    administrator = session(create_person(username="bench-admin", password=None, by=None, is_superuser=True))
    pages = {name: (address.format(**names), session_of_maintainer) for name, address in ADDRESSES.items()}
    pages |= {name: (address.format(**names), administrator) for name, address in OF_ADMINISTRATORS.items()}
    file.write_text(json.dumps(pages))


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
    refusals.fill((others[-1 - number % 500], number, target) for number in range(REFUSALS))


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
    main(int(sys.argv[1]), Path(sys.argv[2]))
