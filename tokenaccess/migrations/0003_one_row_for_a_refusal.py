from django.db import migrations, models, transaction
from django.db.models.functions import Coalesce

SAME = ("job_id", "origin_project_id", "project_id", "action", "rule", "sentence")


def merge(apps, schema_editor):
    """Two server processes may each have made a row of the same refusal: the older one takes the other's count."""
    records = apps.get_model("tokenaccess", "RefusalRecord").objects
    doubled = records.order_by().values(*SAME).annotate(rows=models.Count("id")).filter(rows__gt=1)
    for same in doubled.values(*SAME):
        with transaction.atomic(using=schema_editor.connection.alias):
            rows = list(records.filter(**same).order_by("id"))
            kept = rows[0]
            kept.count = sum(row.count for row in rows)
            kept.first_at, kept.last_at = min(row.first_at for row in rows), max(row.last_at for row in rows)
            kept.save()
            records.filter(id__in=[row.id for row in rows[1:]]).delete()


class Migration(migrations.Migration):
    # PostgreSQL does not alter a table whose rows the same transaction has changed.
    atomic = False

    dependencies = [("tokenaccess", "0002_keep_latest_artifact")]

    operations = [
        migrations.RunPython(merge, migrations.RunPython.noop),
        migrations.RemoveIndex(model_name="refusalrecord", name="refusals_of_job"),
        migrations.AddConstraint(
            model_name="refusalrecord",
            constraint=models.UniqueConstraint(
                models.F("job_id"),
                models.F("origin_project"),
                Coalesce("project", 0),
                models.F("action"),
                models.F("rule"),
                models.F("sentence"),
                name="refusal_once",
            ),
        ),
    ]
