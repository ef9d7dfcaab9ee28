"""Commands that need the database call setup() first; it says in words what is wrong with the settings."""

import os
import sys


def setup() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fondly.project.settings")
    from fondly.ground.config import ConfigError

    try:
        import django

        django.setup()
    except ConfigError as error:
        sys.exit(f"fondly: {error}")


def setup_ready() -> None:
    """setup() for commands that read and write records: a new home gets its tables, an unready one a refusal."""
    setup()
    from fondly.doors.cli import preparing

    if preparing.state_or_exit().empty:
        preparing.make_ready()
    preparing.refuse_unready()
