"""Which runners were made with a registration token. So far only those had no creator."""

from typing import Any

from django.db import migrations, models


def mark(apps: Any, schema_editor: Any) -> None:
    runners = apps.get_model("jobs", "Runner").objects.using(schema_editor.connection.alias)
    runners.filter(creator=None).update(registered=True)


class Migration(migrations.Migration):
    dependencies = [("jobs", "0005_queue_by_age")]

    operations = [
        migrations.AddField(
            model_name="runner",
            name="registered",
            field=models.BooleanField(
                default=False,
                editable=False,
                help_text="Made with a registration token: its own tokens say so, and unregistering removes it.",
            ),
        ),
        migrations.RunPython(mark, migrations.RunPython.noop),
    ]
