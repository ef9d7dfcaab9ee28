"""What we planted between departments is found: the wait, the feeling, those who leave."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import polars as pl
import pytest

from fondly.core.metrics.frames import DAY
from fondly.core.metrics.handoffs import handoffs, median

START = datetime(2026, 1, 5, tzinfo=UTC)


def contacts(*rows):
    """(client, day, department, feeling)"""
    names = ("client", "at", "department", "feeling")
    columns = dict(zip(names, zip(*rows, strict=True), strict=True))
    columns["at"] = [START + timedelta(days=day) for day in columns["at"]]
    return columns


ANNA = [
    ("anna", 0, "sales", None),
    ("anna", 1, "sales", 8.0),
    ("anna", 2, None, 9.0),  # a survey between: belongs to sales, and is no contact
    ("anna", 4, "claims", None),
    ("anna", 5, "claims", 3.0),
    ("anna", 6, "claims", 7.0),
    ("ben", 0, None, 5.0),  # before anybody
    ("ben", 1, "claims", None),
    ("ben", 3, "sales", 6.0),
]


def test_a_handoff_by_hand():
    worst, other = handoffs(contacts(*ANNA))
    assert (worst.giving, worst.taking, worst.n, worst.clients) == ("sales", "claims", 1, 1)
    assert worst.slowest_s == 3 * 86_400
    assert (worst.before.value, worst.after.value, worst.change.value) == (9.0, 3.0, -6.0)
    assert worst.wait_s.value is None and worst.wait_s.note  # one is too few for a median
    assert worst.lost.value is None
    assert (other.giving, other.taking, other.after.value, other.change.value) == ("claims", "sales", 6.0, None)
    assert worst.could_be_chance and other.could_be_chance


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame, lambda columns: pl.LazyFrame(columns)])
def test_any_dataframe(make):
    assert [one.change.value for one in handoffs(make(contacts(*ANNA)))] == [-6.0, None]


def office(seed, loss=-2.0, more=0.25, clients=300):
    """Three departments; from sales to claims feeling falls, and more leave."""
    dice = np.random.default_rng(seed)
    rows, left = [], []
    for client in range(clients):
        day = dice.uniform(0, 100)
        feeling = dice.normal(7, 1)
        before = None
        for department in dice.permutation(["sales", "claims", "service"]).tolist():
            is_bad = (before, department) == ("sales", "claims")
            feeling += dice.normal(loss if is_bad else 0, 0.7)
            rows.append((client, day, department, feeling))
            if before and dice.random() < 0.1 + more * is_bad:
                left.append((client, START + timedelta(days=day + 30)))
                break
            day += dice.exponential(6 if department == "sales" else 2)
            before = department
    rows.append(("end", 400, "service", None))
    who, when = zip(*left, strict=True)
    return contacts(*[(str(client), *rest) for client, *rest in rows]), {
        "client": [str(one) for one in who],
        "at": when,
    }


def test_what_was_planted_is_found():
    found = {(one.giving, one.taking): one for one in handoffs(*office(1))}
    assert len(found) == 6
    bad = found["sales", "claims"]
    assert bad.change.low <= -2.0 <= bad.change.high and not bad.could_be_chance
    assert bad.lost.low <= 0.35 <= bad.lost.high
    assert bad.more_lost.low > 0
    assert bad.wait_s.low <= 6 * 86_400 * np.log(2) <= bad.wait_s.high
    assert next(iter(found)) == ("sales", "claims")
    assert sum(not one.could_be_chance for one in found.values()) == 1


def test_nothing_planted_nothing_found():
    clean = [handoffs(*office(seed, loss=0, more=0, clients=100)) for seed in range(40)]
    assert np.mean([any(not one.could_be_chance for one in pairs) for pairs in clean]) <= 0.125
    shares = [one.more_lost.low <= 0 <= one.more_lost.high for pairs in clean for one in pairs]
    assert np.mean(shares) == pytest.approx(0.95, abs=0.04)


def test_too_early_to_say_who_leaves():
    rows, left = contacts(*ANNA), {"client": ["anna"], "at": [START + timedelta(days=20)]}
    assert handoffs(rows, left)[0].lost.value is None
    assert handoffs(rows, left, within_days=10)[0].lost.value == 0
    assert handoffs(rows, left, within_days=16)[0].lost.value == 1


def test_nobody_handed_over():
    assert handoffs(contacts(("anna", 0, "sales", None))) == ()
    assert handoffs({"client": [], "at": np.array([], dtype=int), "department": []}) == ()
    with pytest.raises(ValueError, match="no column department"):
        handoffs({"client": [1], "at": [DAY]})


def test_the_interval_of_a_median_covers():
    def once(seed):
        seen = median(np.sort(np.random.default_rng(seed).exponential(1, 41)))
        return seen.low <= np.log(2) <= seen.high

    assert 0.94 < np.mean([once(seed) for seed in range(1000)]) < 0.985
