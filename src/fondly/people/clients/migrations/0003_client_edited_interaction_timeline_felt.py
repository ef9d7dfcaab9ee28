from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("clients", "0002_search_index")]
    operations = [
        migrations.AddField("client", "edited", models.JSONField(default=list)),
        migrations.AddIndex(
            "interaction",
            models.Index(condition=models.Q(feeling__isnull=False), fields=["feeling", "at"], name="timeline_felt"),
        ),
    ]
