"""A stranger in a benchmark's world, and names for them to try. Run with the product's settings, after
`manage.py bench_world`:

python -m bench.hidden_world REQUESTS FILE

REQUESTS are refused ones (`--refused-out`): the person behind the first one's job is the stranger. FILE gets their
credentials, and names of projects and groups that they do not see. Every second of those, taken by chance, is deleted,
so that hidden and absent names differ in nothing else.
"""

from __future__ import annotations

import json
import os
import random
import sys
from pathlib import Path
from typing import Any

GROUPS = 200
MAX_PROJECTS = 400


def make(token: str) -> dict[str, Any]:
    from django.test import Client

    from bench.copying import Table
    from bench.world import BASE
    from identity.secrets import digest
    from identity.services import create_token
    from jobs.models import JobToken
    from projects.models import Group, GroupAncestor, Project

    job = JobToken.objects.get(digest=digest(token)).job
    person = job.user
    assert person is not None
    browser = Client()
    browser.force_login(person)
    theirs = person.projecteffectiverole_set.values("content_object")
    projects = Project.objects.filter(pk__gte=BASE).exclude(pk__in=theirs).exclude(pk=job.project_id)
    first = Group.objects.order_by("-pk").values_list("pk", flat=True)[0] + 1
    Table(Group, "id", "name", "path", "full_path", visibility=0).fill(
        (first + one, f"h{one}", f"h{one}", f"h{one}") for one in range(GROUPS)
    )
    groups = Group.objects.filter(pk__gte=first)
    Table(GroupAncestor, "group_id", "ancestor_id", distance=0).fill((group.pk, group.pk) for group in groups)
    return {
        "job": token,
        "person": create_token(user=person, name="stranger", scopes=["api"], by=person)[1],
        "session": browser.cookies["sessionid"].value,
        "projects": _half(Project, projects[:MAX_PROJECTS]),
        "groups": _half(Group, groups),
    }


def _half(model: Any, rows: Any) -> dict[str, list[tuple[int | str, str]]]:
    """Number and path of those that are there, of those that are not, and of some before all and after all."""
    names = list(rows.values_list("pk", "full_path"))
    random.Random(1).shuffle(names)
    half = len(names) // 2
    model.objects.filter(pk__in=[pk for pk, _ in names[half:]]).delete()
    last = model.objects.order_by("-pk").values_list("pk", flat=True)[0]
    # As long as the others: the server takes longer for a longer address.
    before = [(f"{1 + number:0{len(str(last))}}", f"0{path[1:]}") for number, (_, path) in enumerate(names[half:])]
    after = [(last + 1 + number, f"z{path[1:]}") for number, (_, path) in enumerate(names[half:])]
    return {"hidden": names[:half], "absent": names[half:], "before": before, "after": after}


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    import django

    django.setup()
    source, target = sys.argv[1:]
    found = make(Path(source).read_text().partition("\n")[0].partition("\t")[2])
    Path(target).write_text(json.dumps(found))
