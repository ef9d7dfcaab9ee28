"""An event log read in the words of a playbook, without a database."""

import gzip
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fondly.run.histories.lived import journeys
from fondly.run.histories.mapping import MapError, read_map
from fondly.run.histories.reading import BadLine, LogError, lines

MAP = {
    "playbook": "mortgage_broker",
    "case": "loan",
    "activity": "what",
    "time": "when",
    "amount": "sum",
    "lifecycle": "step",
    "keep": {"lifecycle": ["COMPLETE"]},
    "activities": {
        "ASKED": {"event": "application_submitted", "stage": "application"},
        "OFFERED": {"event": "offer_sent", "stage": "offer"},
        "CALLED": {"touchpoint": "offer_call"},
        "SAID_NO": {"exit": "declined"},
    },
}
LOG = """loan,what,when,sum,step
B,ASKED,2026-01-02T09:00:00+01:00,9000,COMPLETE
A,OFFERED,2026-01-05 10:00,12000.50,COMPLETE
A,ASKED,2026-01-01T09:00:00Z,12000,COMPLETE
A,CALLED,2026-01-06T10:00:00Z,,START
A,CALLED,2026-01-06T10:20:00Z,,COMPLETE
B,SAID_NO,2026-01-03T09:00:00+01:00,,COMPLETE
B,OFFERED,2026-01-04T09:00:00+01:00,,COMPLETE
,ASKED,2026-01-01T09:00:00Z,,COMPLETE
C,ASKED,yesterday,,COMPLETE
C,ASKED,0001-01-01T00:00+14:00,,COMPLETE
"""


def lived(path):
    bad: list[BadLine] = []
    found = list(journeys(lines(path, read_map(MAP), bad), read_map(MAP)))
    return {journey.case: journey for journey in found}, bad


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text(LOG)
    return path


def test_lines_in_any_order_become_stays_in_time_order(log):
    found, _ = lived(log)
    assert [(s.stage, s.entered_at.day, s.left_at and s.left_at.day) for s in found["A"].stays] == [
        ("application", 1, 5),
        ("offer", 5, None),
    ]
    assert found["A"].amount_minor == 1_200_050
    assert found["A"].stays[1].entered_at == datetime(2026, 1, 5, 10, tzinfo=UTC)  # no offset means UTC


def test_only_kept_steps_of_the_lifecycle_are_done_moments_but_no_line_is_lost(log):
    found, _ = lived(log)
    assert [(f.kind, f.name) for f in found["A"].facts] == [
        ("event", "application_submitted"),
        ("event", "offer_sent"),
        ("event", "offer_call.start"),
        ("done", "offer_call"),
    ]


def test_an_exit_ends_the_journey_and_later_lines_move_it_no_more(log):
    found, _ = lived(log)
    assert (found["B"].exit, found["B"].ended_at) == ("declined", datetime(2026, 1, 3, 8, tzinfo=UTC))
    assert [s.stage for s in found["B"].stays] == ["application"]
    assert found["B"].stays[0].left_at == found["B"].ended_at


def test_bad_lines_are_told_with_their_row_in_the_sheet(log):
    _, bad = lived(log)
    assert sorted((b.row, b.reason.split(".")[0]) for b in bad) == [
        (9, "The case is empty"),
        (10, "'yesterday' is not a time"),
        (11, "'0001-01-01T00:00+14:00' is not a time"),
    ]


def test_gzip_and_parquet_read_the_same(log, tmp_path):
    import duckdb

    packed = tmp_path / "log.csv.gz"
    packed.write_bytes(gzip.compress(LOG.encode()))
    parquet = tmp_path / "log.parquet"
    duckdb.sql(f"COPY (FROM read_csv('{log}', all_varchar=true)) TO '{parquet}'")
    assert lived(packed)[0] == lived(log)[0]
    assert {c: j.stays for c, j in lived(parquet)[0].items()} == {c: j.stays for c, j in lived(log)[0].items()}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"case": "lown"}, "has no column 'lown'"),
        ({"kase": "x"}, "Did you mean case"),
        ({"activities": {"X": {"evnt": "a"}}}, "Did you mean event"),
        ({"activities": {"X": {"exit": "gone"}}}, "not an exit reason"),
        ({"activities": {"X": {"feeling": 9}}}, "a feeling is"),
        ({"client": "{name}"}, "may only use {case}"),
        ({"time": ""}, "no `time:`"),
    ],
)
def test_a_map_that_cannot_be_used_says_where_and_how_to_mend_it(log, change, says):
    with pytest.raises(MapError) as caught:
        changed = read_map({**MAP, **change})
        list(lines(log, changed, []))
    assert says in str(caught.value)


def test_a_file_that_is_no_table_is_refused_in_words(tmp_path):
    with pytest.raises(LogError, match="There is no file"):
        list(lines(tmp_path / "none.csv", read_map(MAP), []))
    picture = tmp_path / "log.parquet"
    picture.write_bytes(b"\x89PNG\r\n")
    with pytest.raises(LogError, match="cannot be read as a table"):
        list(lines(picture, read_map(MAP), []))


def test_a_hostile_file_name_is_only_a_name(tmp_path):
    path = tmp_path / "o'brien; DROP TABLE x.csv"
    path.write_text(LOG)
    assert len(lived(Path(path))[0]) == 2
