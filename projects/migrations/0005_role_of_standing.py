from typing import Any

from django.db import migrations, models

ROLES = {"guest": 10, "report": 20, "develop": 30, "maintain": 40, "own": 50}


def fill(apps: Any, schema_editor: Any) -> None:
    for name, place in (("ProjectStanding", "project"), ("GroupStanding", "group")):
        rows = apps.get_model("projects", name).objects
        for verb, role in ROLES.items():
            rows.filter(permission__codename=f"{verb}_{place}").update(role=role)


class Migration(migrations.Migration):
    dependencies = [("projects", "0004_keep_latest_artifact")]

    operations = [
        *(
            migrations.AddField(
                model_name=name,
                name="role",
                field=models.PositiveSmallIntegerField(
                    default=0, editable=False, help_text="The role that the permission stands for."
                ),
                preserve_default=False,
            )
            for name in ("groupstanding", "projectstanding")
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        *(
            migrations.AddIndex(
                model_name=f"{place}standing",
                index=models.Index(
                    fields=["user", "content_object"], include=("role", "until"), name=f"{place}standing_roles"
                ),
            )
            for place in ("group", "project")
        ),
    ]
