"""The product's settings in a throw-away home. Loaded before anything else of a test run."""

import os
import tempfile
from pathlib import Path

os.environ.setdefault("FONDLY_HOME", tempfile.mkdtemp(prefix="fondly-test-"))
os.environ.setdefault("FONDLY_SECRET_KEY", "only-for-tests-0123456789-0123456789")
os.environ.setdefault("FONDLY_MOVABLE_CLOCK", "yes")
os.environ.setdefault("SPARK_CONF_DIR", str(Path(__file__).parent / "spark"))
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # Playwright's loop is running in browser tests

from fondly.project.settings import *  # noqa: F403

PASSWORD_HASHERS = ["tests.quick.QuickArgon2"]
