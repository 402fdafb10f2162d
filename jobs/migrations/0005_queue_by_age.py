from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("jobs", "0004_variables_and_schedules")]

    operations = [
        migrations.AddIndex(
            model_name="job",
            index=models.Index(
                condition=models.Q(("status", "pending")),
                fields=["tag_key", "protected", "id", "project"],
                name="jobs_pending_by_age",
            ),
        ),
    ]
