from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("projects", "0013_fork_origin")]

    operations = [
        migrations.AddField(
            model_name="group",
            name="pending_deletion",
            field=models.BooleanField(default=False, editable=False),
        ),
    ]
