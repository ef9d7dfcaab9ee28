"""Every rule of time over the changes of six telling zones and the days that zones left out. All: bench/zones.py."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.proof import time_zones
from tests.proof.time_zones import LEAPS_OF_A_DAY, Found, Turn, look_at, turns_of

ZONES = (
    "America/New_York",
    "America/Nuuk",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "Antarctica/Troll",
    "Asia/Gaza",
)
LAST = datetime(2026, 1, 1, tzinfo=UTC)


def _found(turns):
    found = Found()
    for turn in turns:
        look_at(turn, found)
    return found


@pytest.mark.parametrize("zone", ZONES)
def test_nothing_is_lost_doubled_or_in_a_closed_hour_when_the_clocks_change(zone):
    found = _found(turns_of(zone, last=LAST))
    assert found.turns >= 4
    assert found.moments > found.turns * len(time_zones.RULES)
    assert not found.wrong, found.examples


@pytest.mark.parametrize(("zone", "year"), LEAPS_OF_A_DAY)
def test_a_day_that_a_zone_left_out_is_neither_lost_nor_doubled(zone, year):
    found = _found(turns_of(zone, datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC)))
    assert found.turns >= 1
    assert not found.wrong, found.examples


def test_a_planner_that_shifts_with_the_clocks_would_be_found(monkeypatch):
    """Half an hour wrong after a change is reported."""
    real = Turn.instant
    monkeypatch.setattr(Turn, "instant", lambda turn, wall: real(turn, wall) + timedelta(minutes=30))
    assert _found(list(turns_of("America/New_York", last=LAST))[:1]).wrong["wrong"]
