import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("projects", "0005_role_of_standing")]

    operations = [
        operation
        for name, target in (("Group", "group"), ("Project", "project"))
        for operation in (
            migrations.RenameModel(f"{name}Standing", f"{name}EffectiveRole"),
            migrations.RenameIndex(
                model_name=f"{target}effectiverole",
                old_name=f"{target}standing_roles",
                new_name=f"{target}effectiverole_roles",
            ),
            migrations.AlterField(
                model_name=f"{target}effectiverole",
                name="content_object",
                field=models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="effective_roles",
                    to=f"projects.{target}",
                ),
            ),
        )
    ]
