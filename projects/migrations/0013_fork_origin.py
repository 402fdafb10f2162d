"""A fork stays one for the conditions of entries, whatever becomes of the relation."""

from __future__ import annotations

from typing import Any

from django.db import migrations, models
from django.db.models import F


def keep_known_origins(apps: Any, schema_editor: Any) -> None:
    projects = apps.get_model("projects", "Project").objects.using(schema_editor.connection.alias)
    projects.exclude(forked_from=None).update(fork_origin=F("forked_from_id"))


class Migration(migrations.Migration):
    dependencies = [
        ("projects", "0012_badges"),
    ]

    operations = [
        migrations.AddField(
            model_name="project",
            name="fork_origin",
            field=models.BigIntegerField(editable=False, null=True),
        ),
        migrations.RunPython(keep_known_origins, migrations.RunPython.noop),
    ]
