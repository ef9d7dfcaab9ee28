"""Named metrics over the cast: figures counted by hand, every dimension, and words for what cannot be answered."""

from datetime import timedelta

import pytest

from fondly.core.metrics import intervals
from fondly.ground import clock
from fondly.measure.insight import registry
from fondly.measure.insight.asking import CannotAnswer
from fondly.measure.insight.dimensions import SHARED
from fondly.measure.insight.metric import Metric
from fondly.measure.insight.source import LakeSource
from fondly.measure.lake import inside
from fondly.people.clients import timeline
from fondly.people.clients.timeline import NewFact
from fondly.run.journeys.models import Journey
from tests import cast as casting
from tests.cast import NOW, days

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast(settings, tmp_path):
    settings.HOME = tmp_path
    return casting.make()


@pytest.fixture
def source(settings, tmp_path):
    settings.HOME = tmp_path
    with inside.lake() as lake:
        yield LakeSource(lake, NOW)


def ask(source, name, **given):
    return registry.ask(source, name, **given).rows


def answers(client, *scores: int, survey: str = "nps", at=NOW - days(2), **more) -> None:
    timeline.record(
        *(
            NewFact(client.pk, "answered", at + timedelta(minutes=n), survey, value=score, judged_by="client", **more)
            for n, score in enumerate(scores)
        )
    )


def test_nps_takes_the_newest_answer_of_each_client_and_nothing_off_the_scale(cast, source):
    answers(cast.priya, 0, 3, 10)
    answers(cast.tom, 9)
    answers(cast.ana, 6, 11, 7.5)
    (row,) = ask(source, "nps")
    assert (row["value"], row["n"]) == (pytest.approx(100 / 3), 3)
    assert row["low"] < row["value"] < row["high"]
    assert "too few" in row["note"]


def test_a_survey_is_what_its_scale_says_and_not_what_its_name_says(cast, source):
    answers(cast.priya, 5, survey="csat")
    assert ask(source, "csat", by="survey")[0]["survey"] == "csat"
    assert ask(source, "nps")[0]["n"] == 0


def test_feeling_by_stage_is_the_mean_of_what_was_told_there(cast, source):
    rows = {row["stage"]: row for row in ask(source, "feeling", by="stage")}
    # Priya 2, 1, -1 and Tom -2 in selling; the Okafors 2 and Ana 0 in no stage that was written down
    assert (rows["selling"]["value"], rows["selling"]["n"]) == (0.0, 4)
    assert rows["selling"]["low"] >= -2
    assert (rows[None]["value"], rows[None]["n"]) == (1.0, 2)
    assert rows["selling"]["pooled"] > 0  # drawn towards the others


def test_dwell_counts_who_is_still_there(cast, source):
    (row,) = ask(source, "dwell", where={"stage": "selling"})
    assert (row["value"], row["n"]) == (None, 2)
    assert "fewer than" in row["note"]
    Journey.objects.filter(client=cast.tom).update(state="exited", exit_stage="selling", ended_at=NOW)
    Journey.objects.get(client=cast.tom).stays.update(left_at=NOW)
    source.fresh()
    (row,) = ask(source, "dwell", where={"stage": "selling"})
    assert row["value"] == pytest.approx(20)


def test_dropout_and_exit_rate_count_exits_of_the_stage(cast, source):
    Journey.objects.filter(client=cast.ken).update(state="exited", exit_stage="intake", ended_at=NOW)
    rows = {row["stage"]: row for row in ask(source, "dropout", by="stage")}
    expected = intervals.wilson(1, 2)
    assert (rows["intake"]["value"], rows["intake"]["low"], rows["intake"]["n"]) == (0.5, expected.low, 2)
    assert rows["selling"]["value"] == 0
    rates = {row["stage"]: row for row in ask(source, "exit_rate", by="stage")}
    assert rates["intake"]["value"] == pytest.approx(1 / 15)  # one exit in 9 and 6 days


def test_work_is_counted_from_moments_whose_time_came(cast, source):
    (row,) = ask(source, "done")
    assert (row["value"], row["n"]) == (1.0, 12)
    (row,) = ask(source, "on_time", by="touchpoint")
    assert (row["touchpoint"], row["value"]) == ("friday_update", 1.0)
    (row,) = ask(source, "promises_kept")
    assert (row["value"], row["n"]) == (1.0, 1)


def test_revenue_adds_up_a_client_before_it_averages(cast, source):
    paid = [(cast.priya, 10_000), (cast.priya, 20_000), (cast.tom, 5_000)]
    timeline.record(*(NewFact(c.pk, "event", NOW - days(n), "paid", amount_minor=a) for n, (c, a) in enumerate(paid)))
    (row,) = ask(source, "revenue", by="currency")
    assert (row["currency"], row["value"], row["n"]) == ("USD", 175.0, 2)
    assert ask(source, "payment")[0]["value"] == pytest.approx(350 / 3)
    assert ask(source, "revenue", last="1d")[0]["n"] == 1


def test_a_period_begins_with_since_and_ends_before_until(cast, source):
    everything = ask(source, "feeling")[0]["n"]
    early = ask(source, "feeling", until=(NOW - days(8)).isoformat())[0]["n"]
    late = ask(source, "feeling", since=(NOW - days(8)).isoformat())[0]["n"]
    assert (early, late, early + late) == (3, 3, everything)


def test_every_metric_answers_an_empty_install_and_the_cast(source):
    asked = {name: {} for name in registry.metrics()} | {"funnel": {"steps": "agreement_signed,street_map"}}
    for name, given in asked.items():
        if name not in ("targets", "funnel"):
            registry.ask(source, name, **given)
    casting.make()
    source.fresh()
    for name, given in asked.items():
        answer = registry.ask(source, name, **given)
        assert name in registry.explained(answer)
        assert all({"value", "n"} <= set(row) or name == "paths" for row in answer.rows), name


def test_every_metric_can_be_asked_by_every_dimension(cast, source):
    answers(cast.priya, 9)
    for name, known in registry.metrics().items():
        if not isinstance(known, Metric):
            continue
        whole = ask(source, name)[0]["n"]
        for dimension in (*known.own, *SHARED):
            rows = ask(source, name, by=dimension)
            if not known.last_of_client and not known.per_client:
                assert sum(row["n"] for row in rows) == whole, (name, dimension)


def test_a_funnel_counts_who_took_the_steps_in_order(cast, source):
    rows = ask(source, "funnel", steps="agreement_signed,street_map,showing_notes")
    assert [row["clients"] for row in rows] == [1, 1, 1]
    assert [row["clients"] for row in ask(source, "funnel", steps="street_map,agreement_signed")] == [1, 0]


@pytest.mark.parametrize(
    ("name", "given", "words"),
    [
        ("npss", {}, "Did you mean nps"),
        ("nps", {"by": "colour"}, "by one of: stage"),
        ("nps", {"last": "soon"}, "365d"),
        ("nps", {"last": "9999y"}, "further than the calendar"),
        ("nps", {"last": "3d", "since": "2026-01-01"}, "not both"),
        ("nps", {"since": "yesterday"}, "2026-06-01"),
        ("nps", {"since": "2026-02-01", "until": "2026-01-01"}, "ends before it begins"),
        ("nps", {"level": 2}, "0.95"),
        ("nps", {"steps": "a,b"}, "does not take steps"),
        ("nps", {"where": {"'; drop": "x"}}, "It cannot be asked by"),
        ("funnel", {"steps": "one"}, "two steps"),
        ("funnel", {"steps": "one,two"}, "Nobody ever had one, two"),
        ("variants", {"top": "many"}, "whole number"),
        ("paths", {"by": "stage"}, "whole journeys"),
    ],
)
def test_what_cannot_be_answered_is_said_in_words(cast, source, name, given, words):
    with pytest.raises(CannotAnswer, match=words):
        registry.ask(source, name, **given)


def test_a_value_is_never_read_as_sql(cast, source):
    (row,) = ask(source, "feeling", where={"stage": "selling' OR '1'='1"})
    assert row["n"] == 0


def test_the_clock_of_the_install_is_what_last_counts_back_from(cast):
    with clock.at(NOW + days(400)), inside.lake() as lake:
        assert registry.ask(LakeSource(lake, clock.now()), "feeling", last="365d").rows[0]["n"] == 0


def test_a_table_is_the_frame_that_measures_take(cast, source):
    from fondly.core.metrics.paths import directly_follows
    from fondly.doors.notebook.session import Session
    from fondly.doors.notebook.sources import LocalSource

    with Session(LocalSource(source.lake, NOW)) as fd:
        steps = fd.frame("interactions").project('client, "at", kind AS what')
        assert len(directly_follows(steps).fetchall()) >= 4
        polars = fd.frame("interactions", "polars").rename({"kind": "what"})
        assert directly_follows(polars).collect().height == len(directly_follows(steps).fetchall())


def test_findings_name_what_stands_out_and_are_silent_on_little(cast, source):
    assert ask(source, "findings") == ()
    with pytest.raises(CannotAnswer, match="journeys, events"):
        ask(source, "findings", of="stars")
