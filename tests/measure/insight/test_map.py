"""The Map and the metrics say the same of a stage."""

import pytest

from fondly.ground import clock
from fondly.measure.insight import registry
from fondly.measure.insight.source import LakeSource
from fondly.measure.lake import inside
from fondly.run.journeys import map_page
from tests import cast as casting
from tests.browser.test_map import lived
from tests.cast import NOW

pytestmark = pytest.mark.django_db


def test_feeling_dwell_and_dropout_of_the_map_are_the_metrics(settings, tmp_path):
    settings.HOME = tmp_path
    with clock.at(NOW):
        lived(casting.make())
        shown = map_page.build(map_page.Asked(period="all"), NOW)
        with inside.lake() as lake:
            source = LakeSource(lake, NOW)
            felt, dwell, dropout = (
                {
                    row["stage"]: row
                    for row in registry.ask(source, name, by="stage", where={"playbook": shown.playbook.name}).rows
                }
                for name in ("feeling", "dwell", "dropout")
            )
    told = [column for column in shown.columns if column.ever]
    assert len(told) >= 3 and any(column.felt for column in told)
    for column in told:
        if column.felt and column.felt.n > 1:
            mine = (column.felt.value, column.felt.low, column.felt.high, column.felt.n)
            assert mine == pytest.approx([felt[column.name][part] for part in ("value", "low", "high", "n")])
        assert (column.left, column.ever) == (
            round(dropout[column.name]["value"] * dropout[column.name]["n"]),
            dropout[column.name]["n"],
        )
        assert column.days_n == dwell[column.name]["n"]
        if column.days is not None:  # the map counts in whole days
            assert column.days == pytest.approx(dwell[column.name]["value"], abs=0.5)
