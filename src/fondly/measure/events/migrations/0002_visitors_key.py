"""A key of this install, so that nobody can find out by guessing ids whose events they hold."""

from secrets import token_hex
from typing import Any

from django.db import migrations

NAME = "events.visitors_key"


def make(apps: Any, _editor: Any) -> None:
    apps.get_model("ground", "Setting").objects.get_or_create(name=NAME, defaults={"value": token_hex(32)})


class Migration(migrations.Migration):
    dependencies = [
        ("events", "0001_initial"),
        ("ground", "0001_initial"),
    ]

    operations = [migrations.RunPython(make, migrations.RunPython.noop)]
