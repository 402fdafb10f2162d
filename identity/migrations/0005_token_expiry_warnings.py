from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("identity", "0004_person_profile")]

    operations = [
        migrations.AddField(
            model_name="personaltoken",
            name="warned_days",
            field=models.PositiveSmallIntegerField(
                editable=False,
                help_text="So many days before its end its people were last told of it by mail.",
                null=True,
            ),
        ),
    ]
