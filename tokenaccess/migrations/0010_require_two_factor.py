from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tokenaccess", "0009_uses_of_each_job")]

    operations = [
        migrations.AddField(
            model_name="instancesettings",
            name="require_two_factor",
            field=models.BooleanField(
                default=False,
                help_text="Who signs in without a second factor sets one up before anything else. "
                "Passwords open no repository.",
                verbose_name="two-factor sign-in for everybody",
            ),
        ),
    ]
