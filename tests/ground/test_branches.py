"""Many small questions in one statement."""

import pytest

from fondly.ground import branches
from fondly.ground.models import Setting

pytestmark = pytest.mark.django_db


def test_counts_come_in_order_from_one_statement(django_assert_num_queries):
    for number in range(5):
        Setting.put(f"a.{number}", "x")
    Setting.put("b", "%s")
    asked = [Setting.objects.filter(name__startswith="a.")[:3], Setting.objects.filter(value="%s")[:3]]
    with django_assert_num_queries(1):
        assert branches.counts([branches.statement(one) for one in asked]) == [3, 1]
