"""Journeys that keep to the playbook and journeys that do not."""

import pytest

from fondly.core.metrics.conformance import Expected, Extra, conformance, deviations
from fondly.core.metrics.frames import SECOND
from tests.core.metrics.logs import every_engine, kind, line, made_for, told

PLAYBOOK = [Expected("w", 60), Expected("t", 600), Expected("s", optional=True), Expected("f", 3_600)]
LIVED = [
    *line("as planned", "wtsf", 30),
    *line("without the optional", "wtf", 30),
    *line("late", "wt", 700),
    *line("passed over", "wf", 30),
    *line("turned around", "wft", 30),
    *line("just begun", "w"),
    *line("busy", "wtttxf", 30),
]
NOW = LIVED[0]["at"] + 2_000 * SECOND


@every_engine
def test_each_client_against_the_playbook(engine: str) -> None:
    events = made_for(engine, LIVED)
    made = deviations(events, PLAYBOOK, NOW)
    assert kind(made) is kind(events)
    found = {r["client"]: (r["late"], r["skipped"], r["out_of_order"], r["pending"]) for r in told(made, "client")}
    assert found == {
        "as planned": (0, 0, 0, 0),
        "without the optional": (0, 0, 0, 0),
        "late": (1, 0, 0, 1),
        "passed over": (0, 1, 0, 0),
        "turned around": (0, 0, 1, 0),
        "just begun": (0, 1, 0, 1),
        "busy": (0, 0, 0, 0),
    }


@every_engine
def test_each_touchpoint_over_all_clients(engine: str) -> None:
    made = conformance(made_for(engine, LIVED), PLAYBOOK, NOW)
    welcome, talk, survey, farewell = made.touchpoints
    assert (welcome.in_time.value, welcome.in_time.n) == (1.0, 7)
    assert (talk.what, talk.late, talk.skipped, talk.pending, talk.out_of_order) == ("t", 1, 2, 0, 1)
    assert (talk.in_time.value, talk.in_time.n) == (4 / 7, 7)
    assert (survey.in_time.n, survey.skipped, survey.pending) == (1, 0, 0)
    assert (farewell.in_time.n, farewell.pending, farewell.skipped) == (5, 2, 0)
    assert (made.as_expected.value, made.as_expected.n) == (3 / 7, 7)
    assert made.extra == (Extra("t", 2, 1), Extra("x", 1, 1))


def test_what_is_decided_depends_on_now() -> None:
    events = made_for("polars", LIVED)
    early = conformance(events, PLAYBOOK, LIVED[0]["at"] + 100 * SECOND)
    assert [kept.skipped for kept in early.touchpoints] == [0, 1, 0, 0]
    assert early.touchpoints[1].pending == 2
    late = conformance(events, PLAYBOOK, NOW + 9_000 * SECOND)
    assert [kept.skipped for kept in late.touchpoints] == [0, 2, 0, 2]
    nobody = conformance(events, PLAYBOOK, 0)
    assert not nobody.as_expected.is_known
    assert not nobody.touchpoints[0].in_time.is_known


def test_an_expectation_that_cannot_be_is_refused() -> None:
    events = made_for("polars", LIVED)
    with pytest.raises(ValueError, match="Nothing is expected"):
        conformance(events, [], NOW)
    with pytest.raises(ValueError, match="w is expected twice"):
        deviations(events, [Expected("w"), Expected("w")], NOW)
    with pytest.raises(ValueError, match="w is expected within -1 seconds"):
        conformance(events, [Expected("w", -1)], NOW)
