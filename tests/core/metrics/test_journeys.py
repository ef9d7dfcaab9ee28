"""Paths, funnel, drop-off, dwell, cohorts and staying: one body, every engine."""

from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pytest

from fondly.core.metrics.cohorts import cohort_retention
from fondly.core.metrics.conformance import Expected, conformance
from fondly.core.metrics.dropoff import drop_off, last_events
from fondly.core.metrics.dwell import dwell, dwell_times, returns, stays
from fondly.core.metrics.frames import DAY, SECOND, UnfitFrame, read_events
from fondly.core.metrics.funnel import funnel, reached
from fondly.core.metrics.paths import client_paths, directly_follows, variants
from fondly.core.metrics.staying import exit_hazards, first_days, staying, tenures
from tests.core.metrics.logs import Rows, event, every_engine, kind, line, made_for, told

LOG = [*line("ada", "abcb", 60), *line("bo", "abb", 120), *line("cy", "a"), *line("di", "abb", 10)]


@every_engine
def test_what_follows_what_and_how_long_after(engine: str) -> None:
    events = made_for(engine, LOG)
    graph = directly_follows(events)
    assert kind(graph) is kind(events)
    assert told(graph, "what", "next") == [
        {"what": "a", "next": "b", "n": 3, "mean_gap_s": pytest.approx(190 / 3), "median_gap_s": 60.0},
        {"what": "b", "next": "b", "n": 2, "mean_gap_s": 65.0, "median_gap_s": 65.0},
        {"what": "b", "next": "c", "n": 1, "mean_gap_s": 60.0, "median_gap_s": 60.0},
        {"what": "c", "next": "b", "n": 1, "mean_gap_s": 60.0, "median_gap_s": 60.0},
    ]


@every_engine
def test_the_paths_clients_take(engine: str) -> None:
    events = made_for(engine, LOG)
    told_variants = [(v.path, v.clients, v.example, v.share.n) for v in variants(events)]
    assert told_variants == [
        (("a", "b", "b"), 2, "bo", 4),
        (("a", "b", "c", "b"), 1, "ada", 4),
        (("a",), 1, "cy", 4),
    ]
    assert [v.path for v in variants(events, top=1)] == [("a", "b", "b")]
    paths = {row["client"]: row["path"] for row in told(client_paths(events), "client")}
    assert paths["bo"] == paths["di"]
    assert len(set(paths.values())) == 3


def test_the_order_of_a_path_matters_even_where_sums_would_agree() -> None:
    mirrored = [*line("ada", "abba"), *line("bo", "baab"), *line("cy", "abbabaab"), *line("di", "baababba")]
    assert len(variants(made_for("polars", mirrored))) == 4


@every_engine
def test_a_funnel_takes_each_clients_best_chain_in_the_window(engine: str) -> None:
    log = [
        *line("in time", "abc", 60),
        *line("second try", "axxxabc", 60),
        *line("too slow", "abc", 70),
        *line("wrong order", "cba", 10),
        *line("no start", "bc", 10),
    ]
    events = made_for(engine, log)
    steps = funnel(events, ["a", "b", "c"], window_s=120)
    assert [step.clients for step in steps] == [4, 3, 2]
    assert steps[2].of_first.value == 0.5
    assert (steps[2].of_previous.value, steps[2].of_previous.n) == (2 / 3, 3)
    assert [step.clients for step in funnel(events, ["a", "b", "c"])] == [4, 3, 3]
    got = {row["client"]: row["reached"] for row in told(reached(events, ["a", "b", "c"], 120), "client")}
    assert got == {"in time": 3, "second try": 3, "too slow": 2, "wrong order": 1}
    assert kind(reached(events, ["a"])) is kind(events)


@every_engine
def test_a_step_at_the_same_instant_is_not_later_and_a_step_may_repeat(engine: str) -> None:
    together = [event("ada", 5, "a", position=1), event("ada", 5, "b", position=2), *line("bo", "aab")]
    events = made_for(engine, together)
    assert [step.clients for step in funnel(events, ["a", "b"])] == [2, 1]
    assert [step.clients for step in funnel(events, ["a", "a", "b"])] == [2, 1, 1]
    assert [step.clients for step in funnel(events, ["z", "b"])] == [0, 0]


def test_a_funnel_without_steps_or_with_a_negative_window_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one step"):
        funnel(made_for("polars", LOG), [])
    with pytest.raises(ValueError, match="0 or more"):
        funnel(made_for("polars", LOG), ["a"], window_s=-1)


@every_engine
def test_where_journeys_break_off(engine: str) -> None:
    events = made_for(engine, LOG)
    ends = told(drop_off(events), "what")
    assert [(row["what"], row["n"], row["clients"], row["share"]) for row in ends] == [
        ("a", 1, 4, 0.25),
        ("b", 3, 4, 0.75),
    ]
    assert ends[1]["low"] == pytest.approx(0.3006, abs=1e-4)
    assert ends[1]["high"] == pytest.approx(0.9544, abs=1e-4)
    start = LOG[0]["at"]
    quiet = told(drop_off(events, quiet_since=start + 100 * SECOND), "what")
    assert [(row["what"], row["n"], row["clients"]) for row in quiet] == [("a", 1, 4), ("b", 1, 4)]
    assert told(last_events(events), "client")[0] == {"client": "ada", "at": start + 180 * SECOND, "what": "b"}


STAYS = [
    *line("ada", "xxxxx", 100, "llccl"),
    *line("bo", "xxx", 50, "lcg"),
    *line("cy", "xx", 50, "ll"),
]


@every_engine
def test_how_long_clients_stay_in_a_stage(engine: str) -> None:
    events = made_for(engine, STAYS)
    start = STAYS[0]["at"]
    assert told(stays(events), "client", "entered_at")[:3] == [
        {"client": "ada", "stage": "l", "entered_at": start, "left_at": start + 200 * SECOND},
        {"client": "ada", "stage": "c", "entered_at": start + 200 * SECOND, "left_at": start + 400 * SECOND},
        {"client": "ada", "stage": "l", "entered_at": start + 400 * SECOND, "left_at": None},
    ]
    assert told(dwell(events), "stage") == [
        {"stage": "c", "n": 2, "still_there": 0, "median_s": 125.0, "p90_s": 185.0},
        {"stage": "g", "n": 0, "still_there": 1, "median_s": None, "p90_s": None},
        {"stage": "l", "n": 2, "still_there": 2, "median_s": 125.0, "p90_s": 185.0},
    ]


@every_engine
def test_who_is_still_there_counts_for_how_long_a_stage_takes(engine: str) -> None:
    events = made_for(engine, STAYS)
    client, gone, lead = dwell_times(events, until=STAYS[0]["at"] + 1_000 * SECOND)
    assert (client.stage, client.stays, client.still_there, client.median_s.value) == ("c", 2, 0, 50.0)
    assert (gone.stays, gone.still_there, gone.median_s.value) == (1, 1, None)
    # Two of four have left, after 50 and 200 seconds; the other two stay at least 600 and 1,000.
    assert (lead.stays, lead.still_there, lead.median_s.value, lead.p90_s.value) == (4, 2, 200.0, None)
    early = {d.stage: d for d in dwell_times(events, until=STAYS[0]["at"] + 60 * SECOND)}
    assert (early["l"].stays, early["l"].still_there) == (3, 2)


@every_engine
def test_who_comes_back_to_a_stage(engine: str) -> None:
    back = {one.stage: one for one in returns(made_for(engine, STAYS))}
    assert (back["l"].clients, back["l"].share.value) == (3, 1 / 3)
    assert (back["c"].clients, back["c"].share.value) == (2, 0.0)


def at(year: int, month: int, day: int) -> int:
    return int(datetime(year, month, day, 23, 59, tzinfo=UTC).timestamp()) * SECOND


@every_engine
def test_cohorts_by_the_months_of_utc(engine: str) -> None:
    log = [
        event("ada", at(2023, 12, 31), "a"),
        event("ada", at(2024, 2, 29), "a"),
        event("ada", at(2024, 2, 28), "a"),
        event("bo", at(2023, 12, 1), "a"),
        event("cy", at(2024, 1, 1), "a"),
    ]
    months = [
        (r["cohort"], r["age"], r["clients"], r["size"], r["share"])
        for r in told(cohort_retention(made_for(engine, log)), "cohort", "age")
    ]
    assert months == [(202312, 0, 2, 2, 1.0), (202312, 2, 1, 2, 0.5), (202401, 0, 1, 1, 1.0)]


def test_every_day_of_sixty_years_lies_in_its_month() -> None:
    days = [datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=n) for n in range(365 * 80)]
    log = pl.DataFrame({"client": range(len(days)), "at": days, "what": "a"})
    cohorts = cohort_retention(log).sort("cohort")
    expected = log.group_by(cohort=pl.col("at").dt.year() * 100 + pl.col("at").dt.month()).len().sort("cohort")
    assert cohorts["cohort"].to_list() == expected["cohort"].to_list()
    assert cohorts["size"].to_list() == expected["len"].to_list()


@every_engine
def test_who_is_still_a_client_after_a_hundred_days(engine: str) -> None:
    start = 1_700_000_000_000_000
    log: Rows = []
    for number, (left_after, began) in enumerate([(30, 0), (150, 0), (None, 0), (None, 350), (101, 200)]):
        log.append(event(str(number), start + began * DAY, "buy"))
        if left_after is not None:
            log.append(event(str(number), start + (began + left_after) * DAY, "cancel"))
    events = made_for(engine, log)
    until = start + 400 * DAY
    one = first_days(events, ["cancel"], until)
    # One of five gone at 30 days; the one watched for 50 days only is no longer counted at 100.
    assert one.value == pytest.approx(0.8)
    assert one.n == 5
    assert staying(events, ["cancel"], until).median.value == 150
    watched = {row["client"]: (row["days"], row["left"]) for row in told(tenures(events, ["cancel"], until), "client")}
    assert watched["3"] == (50.0, False)
    assert watched["4"] == (101.0, True)


@every_engine
def test_from_which_stage_clients_leave(engine: str) -> None:
    day = 86_400
    log = [
        *line("ada", "buqb", 2 * day, "lcxx"),
        *line("bo", "bq", 4 * day, "ll"),
        *line("cy", "bu", 1 * day, "lc"),
        *line("di", "q", 1 * day, "l"),
    ]
    client, lead = exit_hazards(made_for(engine, log), ["q"], until=log[0]["at"] + 11 * DAY)
    # In c: ada 2 days and out, cy 10 days. In l: ada 2, bo 4 and out, cy 1. Nobody counts after leaving.
    assert (client.stage, client.per_day.n) == ("c", 2)
    assert client.per_day.value == pytest.approx(1 / 12)
    assert (lead.stage, lead.per_day.n) == ("l", 3)
    assert lead.per_day.value == pytest.approx(1 / 7)


def test_many_steps_and_touchpoints_stay_cheap_to_ask_for() -> None:
    names = [f"step {n:02}" for n in range(40)]
    log = [event("ada", n * SECOND, name, position=n) for n, name in enumerate(names)]
    events = made_for("duckdb", log)
    assert funnel(events, names[:8])[-1].clients == 1
    kept = conformance(events, [Expected(name, 60) for name in names[:20]], until=100 * SECOND)
    assert kept.as_expected.value == 1.0


def test_datetimes_of_any_engine_and_zone_are_the_same_instants() -> None:
    summer = datetime(2026, 7, 1, 12, tzinfo=UTC) + timedelta(microseconds=7)
    aware = pl.DataFrame({"client": ["ada"], "at": [summer], "what": ["a"]})
    naive = aware.with_columns(pl.col("at").dt.replace_time_zone(None))
    elsewhere = duckdb.connect()
    elsewhere.execute("SET TimeZone = 'America/New_York'")
    given: list[Any] = [aware, naive, aware.to_pandas(), naive.to_pandas(), aware.to_arrow(), aware.lazy()]
    given += [aware.to_pandas().astype({"at": "datetime64[ns, UTC]"}), elsewhere.from_arrow(aware.to_arrow())]
    given += [
        elsewhere.from_arrow(naive.to_arrow()),
        aware.with_columns(pl.col("at").dt.convert_time_zone("Asia/Tokyo")),
    ]
    for events in given:
        assert told(last_events(events), "client")[0]["at"] == round(summer.timestamp() * SECOND)


def test_a_frame_that_does_not_fit_says_what_to_do() -> None:
    with pytest.raises(UnfitFrame, match=r"no column what \(they have client, at, name\); rename yours"):
        read_events(pl.DataFrame({"client": [1], "at": [2], "name": ["a"]}))
    with pytest.raises(UnfitFrame, match="no column stage"):
        stays(pl.DataFrame({"client": [1], "at": [2], "what": ["a"]}))
    with pytest.raises(UnfitFrame, match="Column at holds String"):
        drop_off(pd.DataFrame({"client": [1], "at": ["monday"], "what": ["a"]}))
    with pytest.raises(UnfitFrame, match="list is no dataframe"):
        drop_off([1, 2])


@every_engine
def test_rows_without_a_client_or_a_time_are_left_out(engine: str) -> None:
    log = [*line("ada", "ab"), {**event("x", 1, "a"), "client": None}, {**event("ada", 1, "c"), "what": None}]
    assert [row["what"] for row in told(drop_off(made_for(engine, log)), "what")] == ["b"]


@every_engine
def test_an_empty_log_has_empty_answers(engine: str) -> None:
    events = made_for(engine, [])
    for answer in (directly_follows(events), drop_off(events), dwell(events), cohort_retention(events)):
        assert told(answer) == []
    assert variants(events) == ()
    assert funnel(events, ["a"])[0].clients == 0
