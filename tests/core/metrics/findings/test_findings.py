"""Findings: what was planted is named with time, step and segment; logs as usual say nothing."""

import duckdb
import numpy as np
import polars as pl
import pytest

from fondly.core.metrics import frames
from fondly.core.metrics.findings import Finding, findings
from fondly.core.metrics.findings.steps import LEAVES
from tests.core.metrics.findings.planted import Incident, Made, made

PHONE = ("device", "phone")


def told(log: Made) -> list[Finding]:
    return list(findings(pl.DataFrame(log.events)))


def part(log: Made, instant: int | None) -> float:
    """Where in the log's time."""
    assert instant is not None
    return (instant / frames.SECOND - log.starts_at) / log.seconds


# Some at once, so that fewer logs are made: at other times and other steps.
TOGETHER = [
    (
        (Incident("fall", "cart", "delivery", 0.5, 0.4, 0.55), "fall", ("cart", "delivery"), None),
        (Incident("rise", "home", "search", 0.4, 0.6, 0.75), "rise", ("home", "search"), None),
        (Incident("new", "delivery", "error", 0.4, 0.6, 0.8, PHONE), "new", ("delivery", "error"), PHONE),
    ),
    (
        (Incident("fall", "delivery", "payment", 0.6, 0.4, 0.6, PHONE), "fall", ("delivery", "payment"), PHONE),
        (Incident("loop", "catalog", "product", 0.45, 0.65, 0.8), "loop", ("catalog", "product"), None),
    ),
    (
        (Incident("drop", "product", "cart", 0.35, 0.3, 0.45), "drop", ("product", LEAVES), None),
        (Incident("stop", "payment", "paid", 1.0, 0.5, 0.6), "stop", ("payment", "paid"), None),
        (Incident("crowd", "account", "home", 800.0, 0.7, 0.75), "surge", ("account",), None),
    ),
    ((Incident("slow", "payment", "paid", 6.0, 0.3, 0.5), "slower", ("payment", "paid"), None),),
]


@pytest.mark.parametrize("planted", TOGETHER, ids=lambda planted: ", ".join(one[1] for one in planted))
def test_names_window_step_and_segment(planted):
    log = made(4, clients=2_500, days=60, incidents=[one for one, *_names in planted])
    found = {one.step: one for one in told(log)}
    assert {one.step: (one.kind, one.segment) for one in found.values()} == {
        step: (kind, segment) for _one, kind, step, segment in planted
    }
    for one, _kind, step, _segment in planted:
        assert part(log, found[step].begins_at) == pytest.approx(one.begins, abs=0.03)
        assert part(log, found[step].ends_at) == pytest.approx(one.ends, abs=0.03)
        assert found[step].certainty > 0.99
        assert found[step].clients.value >= 8
        assert step[0] in found[step].sentence


def test_size_has_its_interval():
    log = made(4, clients=2_500, days=60, incidents=[TOGETHER[0][0][0]])
    (found,) = told(log)
    assert found.usual.low < found.usual.value < found.usual.high
    assert found.change.low < found.change.value < found.change.high < 0
    assert found.usual.value * 0.5 == pytest.approx(found.found.value, abs=0.06)
    assert found.instead == LEAVES


def test_a_bot_is_one_client():
    log = made(4, clients=500, days=30, incidents=[Incident("bot", "catalog", "product", 4_000, 0.5, 0.55)])
    (found,) = told(log)
    assert (found.kind, found.step, found.found.value) == ("bot", ("catalog",), 4_000)
    assert 0.49 < part(log, found.begins_at) < part(log, found.ends_at) < 0.56


def test_a_segment_that_differs_the_whole_time():
    log = made(4, clients=2_000, days=60, incidents=[Incident("segment", "cart", "delivery", 0.55, segment=PHONE)])
    (found,) = told(log)
    assert (found.kind, found.step, found.segment) == ("different", ("cart", "delivery"), PHONE)
    assert (found.begins_at, found.ends_at) == (None, None)


def test_visits_that_stop():
    log = made(4, clients=1_500, days=60)
    at = log.events["at"] / 1e6
    away = (at > log.instant(0.5)) & (at < log.instant(0.55))
    log.events = {name: column[~away] for name, column in log.events.items()}
    (found,) = told(log)
    assert (found.kind, found.step, found.found.value) == ("silence", (), 0)
    assert part(log, found.begins_at) == pytest.approx(0.5, abs=0.02)
    assert part(log, found.ends_at) == pytest.approx(0.55, abs=0.02)


@pytest.mark.parametrize("seed", range(4))
def test_silent_where_nothing_is(seed):
    assert told(made(seed, ("shop", "service")[seed % 2], 1_000, (28, 90, 200)[seed % 3])) == []


def test_changes_of_stage_are_events_too():
    dice = np.random.default_rng(3)
    at, stage, client = [], [], []
    for who in range(1_000):
        begins = dice.uniform(0, 100)
        stuck = 40 < begins < 55
        for place in range(5):
            if place > 2 and dice.random() < (0.8 if stuck and place == 3 else 0.3):
                break
            for note in range(5):
                at.append(int((begins + place + note / 6 + dice.uniform(0, 0.1)) * frames.DAY) + 1_767_225_600_000_000)
                stage.append(f"stage {place}")
                client.append(who)
    log = pl.DataFrame({"client": client, "at": at, "what": "note", "stage": stage})
    (found,) = findings(log)
    assert (found.of, found.kind, found.step) == ("stage", "fall", ("stage 2", "stage 3"))


def test_every_dataframe():
    log = made(4, clients=1_000, days=30, incidents=[Incident("stop", "payment", "paid", 1.0, 0.4, 0.7)])
    rows = pl.DataFrame(log.events).select("client", "at", "what", "device")
    arrow = rows.to_arrow()
    usual = [one.sentence for one in findings(rows)]
    assert len(usual) == 1
    columns = {name: rows[name].to_numpy() for name in rows.columns}
    for native in (rows.lazy(), rows.to_pandas(), arrow, duckdb.connect().from_arrow(arrow), columns):
        assert [one.sentence for one in findings(native)] == usual, type(native)


def test_what_cannot_be():
    nothing = pl.DataFrame(
        {"client": [], "at": [], "what": []}, schema={"client": pl.Int64, "at": pl.Int64, "what": str}
    )
    assert findings(nothing) == ()
    assert findings(pl.DataFrame({"client": [1], "at": [5], "what": ["a"]})) == ()
    with pytest.raises(frames.UnfitFrame, match="no column what"):
        findings(pl.DataFrame({"client": [1], "at": [5]}))
    with pytest.raises(ValueError, match="alpha"):
        findings(nothing, alpha=0)
