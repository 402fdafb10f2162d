"""Runners and a queue for them. Run with the product's settings:

python -m bench.runner_world start FILE            a person, projects and two runners; their tokens go to FILE
python -m bench.runner_world queue JOBS PROJECTS   from now on so many jobs wait, in so many projects

taker       a runner of the instance, which serves every project but the last
bystander   a runner of the last project, where nothing ever waits
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

BASE = 20_000_000  # all ids begin here
PROJECTS = 100
OPTIONS = {"script": ["make"], "artifacts": {"paths": ["out/"]}}


def start(file: Path) -> None:

    from bench.copying import Table
    from bench.world import rights_of
    from identity.models import User
    from jobs.models import Pipeline
    from jobs.runners.services import create_runner
    from jobs.runners.types import RunnerType
    from projects.models import Group, GroupAncestor, Project, ProjectEffectiveRole
    from tokenaccess.models import TokenAccessSettings
    from tokenaccess.policy.levels import Role

    Table(User, "id", "username", password="!", name="Developer", is_active=True).fill([(BASE, "benchrunner")])
    Table(Group, "id", name="run", path="run", full_path="run", visibility=0).fill([(BASE,)])
    Table(GroupAncestor, "group_id", "ancestor_id", distance=0).fill([(BASE, BASE)])
    Table(Project, "id", "name", "path", "full_path", group_id=BASE, visibility=0).fill(
        (BASE + one, f"p{one}", f"p{one}", f"run/p{one}") for one in range(PROJECTS + 1)
    )
    rights = rights_of(Role.DEVELOPER)
    roles = Table(ProjectEffectiveRole, "content_object_id", "permission_id", "role", user_id=BASE)
    roles.fill((BASE + one, *right) for one in range(PROJECTS) for right in rights)
    Table(TokenAccessSettings, "project_id").fill((BASE + one,) for one in range(PROJECTS + 1))
    constant = {"ref": "main", "sha": "1" * 40, "source": "push", "status": "running", "user_id": BASE}
    pipelines = Table(Pipeline, "id", "project_id", iid=1, **constant)
    pipelines.fill((BASE + one, BASE + one) for one in range(PROJECTS))
    last = Project.objects.get(pk=BASE + PROJECTS)
    _, taker = create_runner(runner_type=RunnerType.INSTANCE, by=None)
    _, bystander = create_runner(runner_type=RunnerType.PROJECT, project=last, by=None)
    file.write_text(json.dumps({"taker": taker, "bystander": bystander}))


def queue(jobs: int, projects: int) -> None:
    """Replaces what waits; what runs is over. Finished jobs stay, so that no id, and no log, is used twice."""
    from django.db import connection
    from django.utils import timezone

    from bench.copying import Table
    from jobs.models import Job

    Job.objects.filter(status="pending").delete()
    Job.objects.filter(status="running").update(status="success")
    same = {"stage": "test", "stage_index": 0, "status": "pending", "queued_at": timezone.now(), "options": OPTIONS}
    Table(Job, "name", "pipeline_id", "project_id", user_id=BASE, **same).fill(
        (f"job{one}", BASE + one % projects, BASE + one % projects) for one in range(jobs)
    )
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    import django

    django.setup()
    match sys.argv[1:]:
        case ["start", file]:
            start(Path(file))
        case ["queue", jobs, projects]:
            queue(int(jobs), int(projects))
        case _:
            sys.exit(__doc__)
