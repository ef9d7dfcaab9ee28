"""Effects we put in come out with others held equal, chance is called chance, and importance adds up."""

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pytest

from fondly.core.metrics import drivers


def clients(count, dice, wait=-0.8, late=-0.5, channel=0.0):
    """Satisfaction falls with waiting; being late goes with waiting; age has nothing to do with anything."""
    waited = dice.gamma(2, 2, count)
    was_late = (dice.random(count) < 1 / (1 + np.exp(2 - waited / 2))).astype(int)
    table = {
        "wait": waited,
        "late": np.where(was_late, "yes", "no"),
        "channel": dice.choice(["mail", "phone", "visit"], count, p=[0.5, 0.3, 0.2]),
        "age": dice.normal(45, 12, count),
    }
    told = wait * (waited - waited.mean()) / waited.std() + late * was_late + channel * (table["channel"] == "visit")
    return table, told


def duckdb_of(columns):
    return duckdb.connect().from_arrow(pl.DataFrame(columns).to_arrow())


def effect(found, name, level=""):
    return next(one for one in found.drivers if (one.name, one.level) == (name, level))


def test_effects_are_those_put_in():
    dice = np.random.default_rng(1)
    table, told = clients(4000, dice, channel=0.4)
    found = drivers.of_loyalty(table, 7 + told + dice.normal(0, 1.5, 4000))
    assert effect(found, "wait").effect.value == pytest.approx(-0.8, abs=0.1)
    assert effect(found, "wait").step == pytest.approx(table["wait"].std())
    assert effect(found, "late", "yes").effect.value == pytest.approx(-0.5, abs=0.15)
    assert effect(found, "late", "yes").against == "no"
    assert effect(found, "channel", "visit").effect.value == pytest.approx(0.4, abs=0.15)
    assert {one.name for one in found.drivers if not one.could_be_chance} == {"wait", "late", "channel"}
    assert found.drivers[0].name == "wait"


def _covered(repeats, once):
    hits, wrong = [], []
    for seed in range(repeats):
        found, truth = once(np.random.default_rng(seed))
        hits.append(truth[0].low <= truth[1] <= truth[0].high)
        wrong.append(any(not one.could_be_chance for one in found.drivers if one.name in ("age", "channel")))
    return np.mean(hits), np.mean(wrong)


def test_intervals_cover_where_the_spread_differs_between_clients():
    def once(dice):
        table, told = clients(400, dice)
        spread = 0.5 + table["wait"] / 2
        found = drivers.of_loyalty(table, told + spread * dice.normal(0, 1, 400))
        # The step is the sample's own standard deviation, and so is the truth.
        return found, (effect(found, "late", "yes").effect, -0.5)

    covered, wrong = _covered(300, once)
    assert covered == pytest.approx(0.95, abs=0.04)
    assert wrong <= 0.08


def test_differences_of_probability_are_covered():
    def once(dice):
        table, told = clients(1200, dice)
        without = told + 0.5 * (table["late"] == "yes")
        left = dice.random(1200) < 1 / (1 + np.exp(1 + told))
        truth = (1 / (1 + np.exp(1 + without - 0.5)) - 1 / (1 + np.exp(1 + without))).mean()
        found = drivers.of_leaving(table, left)
        return found, (effect(found, "late", "yes").effect, truth)

    covered, wrong = _covered(200, once)
    assert covered == pytest.approx(0.95, abs=0.045)
    assert wrong <= 0.09


def test_nothing_there_is_called_chance_in_95_of_100():
    def any_found(seed):
        dice = np.random.default_rng(seed)
        table = {f"column {one}": dice.normal(size=300) for one in range(5)}
        return any(not one.could_be_chance for one in drivers.of_loyalty(table, dice.normal(size=300)).drivers)

    assert np.mean([any_found(seed) for seed in range(200)]) <= 0.09


@pytest.mark.parametrize("measure", [drivers.of_loyalty, drivers.of_leaving])
@pytest.mark.parametrize("more", [0, 6])
def test_importance_adds_up(measure, more):
    """Up to 8 drivers over all orders, beyond over some of them."""
    dice = np.random.default_rng(4)
    table, told = clients(1500, dice)
    table |= {f"noise {one}": dice.normal(size=1500) for one in range(more)}
    outcome = told + dice.normal(size=1500)
    found = measure(table, outcome if measure is drivers.of_loyalty else outcome < -0.5)
    assert sum(found.importances.values()) == pytest.approx(found.explained)
    assert 0.1 < found.explained < 0.6
    assert found.importances["wait"] > found.importances["late"] > 3 * found.importances["age"] >= 0


def test_drivers_almost_alike_share_their_importance():
    dice = np.random.default_rng(6)
    one, other = dice.normal(size=(2, 2000))
    table = {"one": one, "same": one + dice.normal(0, 0.01, 2000), "other": other, "again": one}
    found = drivers.of_loyalty(table, one + other + dice.normal(size=2000))
    assert found.importances["one"] == pytest.approx(found.importances["same"], rel=0.02)
    assert found.importances["one"] == pytest.approx(found.importances["other"] / 2, rel=0.15)
    assert found.note.endswith("others: again")


def test_any_dataframe_and_gaps():
    dice = np.random.default_rng(9)
    table, told = clients(800, dice)
    score = told + dice.normal(size=800)
    score[:10] = np.nan
    table["age"][20:120] = np.nan
    answers = [drivers.of_loyalty(make(table), score) for make in (dict, pd.DataFrame, pl.DataFrame)]
    assert answers[0] == answers[1] == answers[2]
    assert answers[0].n == 790
    assert effect(answers[0], "age", "unknown").could_be_chance


@pytest.mark.parametrize("make", [duckdb_of, lambda columns: pd.DataFrame(columns).convert_dtypes()])
def test_gaps_are_gaps_in_every_dataframe(make):
    """Neither DuckDB's masked numbers nor pandas' NA may become values."""
    dice = np.random.default_rng(10)
    word = [None if one < 0.2 else "a" if one < 0.6 else "b" for one in dice.random(400)]
    number = [None if one < 0.2 else int(40 + 100 * one) for one in dice.random(400)]
    columns = {"word": word, "number": number}
    score = dice.normal(size=400)
    assert drivers.of_loyalty(make(columns), score) == drivers.of_loyalty(pl.DataFrame(columns), score)


def test_too_few_to_say():
    dice = np.random.default_rng(0)
    table, told = clients(15, dice)
    assert "too few" in drivers.of_loyalty(table, told).note
    assert drivers.of_loyalty({"same": np.ones(50)}, np.arange(50.0)).note == "no column differs between clients"
    assert drivers.of_leaving({"x": np.arange(50.0)}, np.zeros(50)).note == "the outcome is the same for everybody"
    with pytest.raises(ValueError, match="0 or 1"):
        drivers.of_leaving({"x": np.arange(3.0)}, [0, 1, 2])
    with pytest.raises(ValueError, match="one length"):
        drivers.of_loyalty({"x": [1, 2], "y": [1]}, [1, 2])


@pytest.mark.parametrize("measure", [drivers.of_loyalty, drivers.of_leaving])
def test_columns_that_follow_from_others_do_not_widen_their_intervals(measure):
    """That there is no line is known from the line already, however often it is told."""
    dice = np.random.default_rng(7)
    line = dice.choice(["fibre", "copper", "no"], 2000)
    told = {name: np.where(line == "no", "no line", dice.choice(["yes", "no"], 2000)) for name in ("tv", "phone")}
    outcome = 1.0 * (line == "fibre") - 1.0 * (told["tv"] == "yes") + dice.normal(size=2000)
    found = measure({"line": line, **told}, outcome if measure is drivers.of_loyalty else outcome > 0)
    assert found.note == "left out, because they follow from the others: tv no line, phone no line"
    assert all(one.effect.high - one.effect.low < 0.4 for one in found.drivers)
    assert effect(found, "tv", "yes").effect.value < -0.2
    assert not effect(found, "tv", "yes").could_be_chance and effect(found, "phone", "yes").could_be_chance


def test_where_all_of_a_few_stayed_it_could_be_chance():
    """25 clients of whom nobody left, where a tenth of all did: that happens."""
    dice = np.random.default_rng(8)
    kind = np.where(np.arange(1000) < 25, "rare", "common")
    left = (dice.random(1000) < 0.1) & (kind == "common")
    found = effect(drivers.of_leaving({"kind": kind, "x": dice.normal(size=1000)}, left), "kind", "rare")
    assert found.could_be_chance
    assert found.effect.value == pytest.approx(-0.1, abs=0.03) and found.effect.high > 0
