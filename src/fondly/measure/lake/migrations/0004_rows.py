from typing import Any

from django.db import migrations, models


def _drop_triggers(apps: Any, schema_editor: Any) -> None:
    """They write to columns that change; after the migration they are made anew, under other names."""
    postgres = schema_editor.connection.vendor == "postgresql"
    for kind in ("changed", "gone"):
        schema_editor.execute(
            f"DROP TRIGGER IF EXISTS lake_fact_{kind}" + (" ON clients_interaction" if postgres else "")
        )
        if postgres:
            schema_editor.execute(f"DROP FUNCTION IF EXISTS lake_note_{kind}()")


class Migration(migrations.Migration):
    """Not only of facts it is noted which sealed rows have changed."""

    dependencies = [
        ("lake", "0003_state"),
        ("clients", "__first__"),
    ]

    operations = [
        migrations.RunPython(_drop_triggers, migrations.RunPython.noop),
        migrations.AddField("redo", "table", models.CharField(default="interactions", max_length=40), False),
        migrations.RenameField("redo", "client_id", "number"),
    ]
