from django.conf import settings
from django.db import migrations, models
from django.db.models.functions import Coalesce

OPEN, TRIAL, ENFORCED = 0, 1, 2
MODES = [(OPEN, "Open"), (TRIAL, "Trial"), (ENFORCED, "Enforced")]


def to_modes(apps, schema_editor):
    apps.get_model("tokenaccess", "TokenAccessSettings").objects.filter(limits_inbound=False).update(inbound_mode=OPEN)
    apps.get_model("tokenaccess", "InstanceSettings").objects.filter(enforce_inbound=True).update(inbound_mode=ENFORCED)


def to_booleans(apps, schema_editor):
    """A trial lets everybody in."""
    projects = apps.get_model("tokenaccess", "TokenAccessSettings").objects.exclude(inbound_mode=ENFORCED)
    projects.update(limits_inbound=False)
    apps.get_model("tokenaccess", "InstanceSettings").objects.filter(inbound_mode=ENFORCED).update(enforce_inbound=True)


def remove_trials(apps, schema_editor):
    """Without the column they would read as refusals."""
    apps.get_model("tokenaccess", "RefusalRecord").objects.filter(trial=True).delete()


def refusal_once(*more):
    return models.UniqueConstraint(
        models.F("job_id"),
        models.F("origin_project"),
        Coalesce("project", 0),
        models.F("action"),
        models.F("rule"),
        models.F("sentence"),
        *map(models.F, more),
        name="refusal_once",
    )


def ignored(on_delete, to, **options):
    return models.ForeignKey(to, on_delete=getattr(models, on_delete), **{"related_name": "+", **options})


class Migration(migrations.Migration):
    dependencies = [("tokenaccess", "0010_require_two_factor")]

    operations = [
        migrations.AddField(
            "tokenaccesssettings",
            "inbound_mode",
            models.PositiveSmallIntegerField(
                "limit access to this project",
                choices=MODES,
                default=ENFORCED,
                help_text="Trial: jobs have access as if it were open, and what the limit would refuse is recorded.",
            ),
        ),
        migrations.AddField(
            "instancesettings",
            "inbound_mode",
            models.PositiveSmallIntegerField(
                "limit access to all projects",
                choices=MODES,
                default=OPEN,
                help_text="Open: each project decides. Trial: what the limit would refuse is recorded in every project "
                "that does not enforce it. Enforced: every project is limited to itself and its list, whatever its own "
                "setting says.",
            ),
        ),
        migrations.CreateModel(
            name="IgnoredSource",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("ignored_by", ignored("SET_NULL", settings.AUTH_USER_MODEL, null=True, editable=False)),
                ("project", ignored("CASCADE", "projects.project", related_name="ignored_sources")),
                ("source", ignored("CASCADE", "projects.project")),
            ],
            options={
                "ordering": ("id",),
                "constraints": [models.UniqueConstraint(fields=["project", "source"], name="source_ignored_once")],
            },
        ),
        migrations.RunPython(to_modes, to_booleans),
        migrations.RemoveField("tokenaccesssettings", "limits_inbound"),
        migrations.RemoveField("instancesettings", "enforce_inbound"),
        migrations.AddField("refusalrecord", "trial", models.BooleanField(default=False)),
        migrations.RemoveConstraint("refusalrecord", "refusal_once"),
        migrations.RunPython(migrations.RunPython.noop, remove_trials),
        migrations.AddConstraint("refusalrecord", refusal_once("trial")),
    ]
