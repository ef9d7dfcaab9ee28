"""Shared by all tests: a throw-away home, the test database, and the named cast."""

import os
import tempfile

os.environ.setdefault("FONDLY_HOME", tempfile.mkdtemp(prefix="fondly-test-"))
os.environ.setdefault("FONDLY_SECRET_KEY", "only-for-tests-0123456789-0123456789")
os.environ.setdefault("FONDLY_MOVABLE_CLOCK", "yes")
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # Playwright's loop is running in browser tests

import pytest  # noqa: E402


@pytest.fixture(autouse=True)
def _plain_static(settings):
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
