"""Shared by all tests. The throw-away home is set in tests/settings.py, which is loaded first."""

import pytest


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
