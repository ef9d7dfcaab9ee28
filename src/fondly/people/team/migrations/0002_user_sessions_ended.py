from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("team", "0001_initial")]

    operations = [
        migrations.AddField("user", "sessions_ended", models.PositiveIntegerField(default=0)),
    ]
