from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("jobs", "0007_ci_variable_name")]

    operations = [
        migrations.AddField(
            model_name="job",
            name="coverage",
            field=models.FloatField(help_text="Percent of the code its tests reach, as its log says.", null=True),
        ),
    ]
