"""What several tests of the doors look at: a demo that has been lived in."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.management.color import no_style
from django.db import connection

from fondly.doors.demo import Built, build
from fondly.ground import clock
from tests.quick import empty

NOW = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def realtor(django_db_setup: None, django_db_blocker: Any) -> Iterator[Built]:
    """A realtor's demo, lived for some weeks until NOW: built once for a file, whose tests take back what they do."""
    with django_db_blocker.unblock(), clock.at(NOW):
        built = build("realtor", 7, NOW, clients=5, days=80)
    yield built
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        empty(connection)
        for statement in connection.ops.sequence_reset_by_name_sql(
            no_style(), connection.introspection.sequence_list()
        ):
            cursor.execute(statement)  # what other tests make is numbered from 1 again, as when nothing was committed
