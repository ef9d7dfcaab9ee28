"""Shared by all tests. The throw-away home is set in tests/settings.py, which is loaded first."""

import pytest
from django.test import TransactionTestCase
from hypothesis import settings as examples

from tests.quick import empty_tables

examples.register_profile("untimed", deadline=None)  # how long one takes says how busy the machine is
examples.load_profile("untimed")
TransactionTestCase._fixture_teardown = empty_tables  # type: ignore[method-assign]


DATABASE = {"db", "transactional_db", "live_server"}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Marks tests by the database they use. The long forms of the proofs run only when asked for: `-m slow`. Single
    tests that take long come first, so that none of them is what everything waits for in the end."""
    for item in items:
        if item.get_closest_marker("django_db") or DATABASE & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.database)
    items.sort(key=lambda item: item.get_closest_marker("long") is None)
    if "slow" in config.option.markexpr:
        return
    slow = [item for item in items if item.get_closest_marker("slow")]
    config.hook.pytest_deselected(items=slow)
    items[:] = [item for item in items if not item.get_closest_marker("slow")]


@pytest.fixture(autouse=True)
def _plain_static(settings):
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.fixture(autouse=True)
def _real_time_again():
    """A test that moved the clock leaves it moved in this process's cache; the next one starts at the real time."""
    from fondly.ground import clock

    clock.forget_cache()
    yield
    clock.forget_cache()
