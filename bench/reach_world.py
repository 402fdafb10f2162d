"""Many projects, with people who ask about them by AuthZEN. Run with the product's settings:

python -m bench.reach_world PROJECTS ENTRIES FILE

Every project is private. One in ten has a list of ENTRIES others; the maintainer is one in the first thousand of those,
each with a running job of theirs, and a reporter in as many others. FILE gets their and an administrator's tokens, and
names to ask about.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

MAINTAINED = 1_000
IN_GROUP = 50


def make(count: int, entries: int) -> dict[str, Any]:
    from bench.copying import analyze
    from bench.world import BASE
    from identity.models import User
    from identity.services import create_token

    listing = range(0, count, 10)
    _fill_projects(count, entries, listing)
    maintainer = User.objects.create(username="reach-maintainer", name="Maintainer")
    admin = User.objects.create(username="reach-admin", name="Admin", is_superuser=True, is_staff=True)
    _fill_roles(maintainer, listing)
    _fill_jobs(maintainer, listing)
    analyze()
    return {
        "maintainer": create_token(user=maintainer, name="bench", scopes=["api"], by=maintainer)[1],
        "admin": create_token(user=admin, name="bench", scopes=["api"], by=admin)[1],
        "listed": f"reach/g{listing[1] // IN_GROUP}/p{listing[1]}",
        "source": "reach/g0/p0",
        "job": str(BASE),
        "projects": [f"reach/g{one // IN_GROUP}/p{one}" for one in listing[:100]],
    }


def _fill_projects(count: int, entries: int, listing: range) -> None:
    """In groups of IN_GROUP below one. Those of `listing` list others."""
    from bench.copying import Table, without_foreign_key_checks
    from bench.world import BASE
    from projects.models import Group, GroupAncestor, Project
    from tokenaccess.models import AllowlistEntry, TokenAccessSettings

    groups = count // IN_GROUP + 1
    with without_foreign_key_checks():
        Table(Group, "id", "name", "path", "full_path", "parent_id", visibility=0).fill(
            [(BASE, "reach", "reach", "reach", None)]
        )
        Table(Group, "id", "name", "path", "full_path", "parent_id", visibility=0).fill(
            (BASE + 1 + one, f"g{one}", f"g{one}", f"reach/g{one}", BASE) for one in range(groups)
        )
        above = Table(GroupAncestor, "group_id", "ancestor_id", "distance")
        above.fill([(BASE, BASE, 0)])
        above.fill((BASE + 1 + one, BASE + 1 + one, 0) for one in range(groups))
        above.fill((BASE + 1 + one, BASE, 1) for one in range(groups))
        Table(Project, "id", "group_id", "name", "path", "full_path", visibility=0).fill(
            (BASE + one, BASE + 1 + one // IN_GROUP, f"p{one}", f"p{one}", f"reach/g{one // IN_GROUP}/p{one}")
            for one in range(count)
        )
        Table(TokenAccessSettings, "project_id").fill((BASE + one,) for one in range(count))
        Table(AllowlistEntry, "project_id", "target_project_id", direction="inbound").fill(
            (BASE + one, BASE + other)
            for one in listing
            for other in {(one + 1 + place * 7) % count for place in range(entries)} - {one}
        )


def _fill_roles(maintainer: Any, listing: range) -> None:
    from bench.copying import Table
    from bench.world import BASE
    from projects.models import ProjectEffectiveRole
    from projects.models.choices import PROJECT_CODENAMES
    from projects.roles.effective_roles import permission_ids
    from tokenaccess.policy.levels import Role

    ids = permission_ids(PROJECT_CODENAMES)
    roles = Table(ProjectEffectiveRole, "user_id", "content_object_id", "permission_id", "role")
    for shift, highest in ((0, Role.MAINTAINER), (5, Role.REPORTER)):
        roles.fill(
            (maintainer.pk, BASE + one + shift, permission, role)
            for one in listing[:MAINTAINED]
            for role, permission in ids.items()
            if role <= highest
        )


def _fill_jobs(maintainer: Any, listing: range) -> None:
    from bench.copying import Table, without_foreign_key_checks
    from bench.world import BASE
    from jobs.models import Job, Pipeline

    pipelines = Table(Pipeline, "id", "project_id", iid=1, ref="main", sha="1" * 40, source="push", status="running")
    work = {"name": "test", "stage": "test", "stage_index": 0, "status": "running", "user_id": maintainer.pk}
    running = Table(Job, "id", "pipeline_id", "project_id", **work)
    with without_foreign_key_checks():
        pipelines.fill((BASE + one, BASE + one) for one in listing[:MAINTAINED])
        running.fill((BASE + one, BASE + one, BASE + one) for one in listing[:MAINTAINED])


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    import django

    django.setup()
    projects, size, target = sys.argv[1:]
    Path(target).write_text(json.dumps(make(int(projects), int(size))))
