"""Settings one at a time, and all at once for a page."""

import pytest

from fondly.ground.models import Setting

pytestmark = pytest.mark.django_db


def test_together_they_are_one_question(django_assert_num_queries):
    Setting.put("mail.from", "dana@example.com")
    with django_assert_num_queries(1), Setting.together():
        assert (Setting.get("mail.from"), Setting.get("engine.paused")) == ("dana@example.com", "")


def test_afterwards_each_is_as_it_is_now():
    with Setting.together():
        Setting.put("engine.paused", "a fault")
        assert Setting.get("engine.paused") == "", "inside the block they are as they were at its start"
    assert Setting.get("engine.paused") == "a fault"
