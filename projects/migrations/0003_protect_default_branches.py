from itertools import islice
from typing import Any

from django.db import migrations

BATCH = 1000


def protect(apps: Any, schema_editor: Any) -> None:
    """Until now the default branch of each project counted as protected, without a row that said so. Developers go on
    running its pipelines (30, the level to merge), or their schedules and triggers would stop with this upgrade."""
    Project, ProtectedRef = apps.get_model("projects", "Project"), apps.get_model("projects", "ProtectedRef")
    without = Project.objects.exclude(protected_refs__kind="branch").order_by("pk")
    rows = (
        ProtectedRef(project_id=pk, kind="branch", name=branch, merge_level=30)
        for pk, branch in list(without.values_list("pk", "default_branch"))
    )
    while some := list(islice(rows, BATCH)):
        ProtectedRef.objects.bulk_create(some)


class Migration(migrations.Migration):
    dependencies = [("projects", "0002_protected_refs")]
    operations = [migrations.RunPython(protect, migrations.RunPython.noop)]
