from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("clients", "0003_client_edited_interaction_timeline_felt")]
    operations = [
        migrations.AddField(
            "importrow", "row_key", models.CharField(blank=True, db_index=True, default="", max_length=32), False
        )
    ]
