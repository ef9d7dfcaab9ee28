from datetime import UTC, datetime, timedelta

import pytest

from fondly.ground import clock, secrets
from fondly.ground.models import Setting

NOON = datetime(2026, 3, 8, 12, tzinfo=UTC)


@pytest.mark.django_db
def test_held_inside_the_block_only():
    with clock.at(NOON):
        assert clock.now() == NOON
    assert clock.now() != NOON


@pytest.mark.django_db
def test_moved_for_the_whole_install_and_running_on(settings):
    settings.FONDLY_MOVABLE_CLOCK = True
    clock.set_to(NOON)
    assert timedelta(0) <= clock.now() - NOON < timedelta(seconds=5)
    settings.FONDLY_MOVABLE_CLOCK = False
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=5)
    clock.forget_cache()


@pytest.mark.django_db
def test_a_secret_is_not_readable_in_the_database():
    secrets.store("mail.url", "smtp://dana:hunter2@mail.example.com")
    assert "hunter2" not in Setting.get("mail.url")
    assert secrets.reveal("mail.url") == "smtp://dana:hunter2@mail.example.com"
    secrets.store("mail.url", "")
    assert secrets.reveal("mail.url") == ""
