import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("projects", "0005_role_of_standing"),
        ("tokenaccess", "0003_one_row_for_a_refusal"),
    ]

    operations = [
        migrations.AlterField(
            model_name="refusalrecord",
            name="project",
            field=models.ForeignKey(
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="refusals",
                to="projects.project",
            ),
        ),
    ]
