"""The kernels say what the portable measures say, on any log."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fondly.core.metrics import cohorts, dropoff, dwell, funnel, paths
from fondly.core.metrics.frames import UnfitFrame
from fondly.core.metrics.kernels import cohorts as fast_cohorts
from fondly.core.metrics.kernels import columns as fast_columns
from fondly.core.metrics.kernels import dropoff as fast_dropoff
from fondly.core.metrics.kernels import dwell as fast_dwell
from fondly.core.metrics.kernels import funnel as fast_funnel
from fondly.core.metrics.kernels import paths as fast_paths
from fondly.core.metrics.kernels.columns import Columns, Table, cluster, grouped_quantiles
from tests.core.metrics.logs import Rows, as_polars, every_engine, line, made_for, some_logs, told

quickly = settings(max_examples=60, deadline=None)


def rows_of(table: Table) -> Rows:
    return [dict(zip(table, row, strict=True)) for row in zip(*(c.tolist() for c in table.values()), strict=True)]


def same(table: Table, portable: Any, *keys: str) -> bool:
    expected = [{name: row[name] for name in table} for row in told(portable, *keys)]
    made = sorted(rows_of(table), key=lambda row: [row[key] for key in keys])
    assert len(made) == len(expected)
    for one, other in zip(made, expected, strict=True):
        assert one == pytest.approx({k: np.nan if v is None else v for k, v in other.items()}, nan_ok=True)
    return True


@quickly
@given(some_logs)
def test_the_graph(log: Rows) -> None:
    events = as_polars(log)
    assert same(fast_paths.directly_follows(cluster(events)), paths.directly_follows(events), "what", "next")


@quickly
@given(some_logs, st.sampled_from([None, 1, 3]))
def test_the_paths(log: Rows, top: int | None) -> None:
    events = as_polars(log)
    assert fast_paths.variants(cluster(events), top) == paths.variants(events, top)


@quickly
@given(
    some_logs,
    st.lists(st.sampled_from(["call", "buy", "mail", "quit", "never"]), min_size=1, max_size=4),
    st.sampled_from([None, 0, 60, 180, 86_400 * 90]),
)
def test_the_funnel(log: Rows, steps: list[str], window_s: float | None) -> None:
    events = as_polars(log)
    assert fast_funnel.funnel(cluster(events), steps, window_s) == funnel.funnel(events, steps, window_s)


@quickly
@given(some_logs, st.sampled_from([None, 1_650_000_000_000_000]))
def test_where_it_breaks_off(log: Rows, quiet_since: int | None) -> None:
    events = as_polars(log)
    assert same(fast_dropoff.drop_off(cluster(events), quiet_since), dropoff.drop_off(events, quiet_since), "what")


@quickly
@given(some_logs)
def test_the_stages(log: Rows) -> None:
    events = as_polars(log)
    assert same(fast_dwell.dwell(cluster(events)), dwell.dwell(events), "stage")


@quickly
@given(some_logs)
def test_the_cohorts(log: Rows) -> None:
    events = as_polars(log)
    assert same(fast_cohorts.cohort_retention(cluster(events)), cohorts.cohort_retention(events), "cohort", "age")


def test_blocks_of_any_size_give_the_same_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    log = [one for n in range(40) for one in line(f"{n:02}", "abcab"[: n % 5 + 1] * 2, 3_600 * (n + 1))]
    columns = cluster(as_polars(log))
    whole = (rows_of(fast_paths.directly_follows(columns)), fast_paths.variants(columns))
    for size in (1, 7, 64):
        monkeypatch.setattr(fast_columns, "_BLOCK", size)
        assert len(list(columns.blocks())) > 1
        assert (rows_of(fast_paths.directly_follows(columns)), fast_paths.variants(columns)) == whole
        assert fast_funnel.funnel(columns, ["a", "c"], 9_000) == funnel.funnel(as_polars(log), ["a", "c"], 9_000)
        assert same(fast_cohorts.cohort_retention(columns), cohorts.cohort_retention(as_polars(log)), "cohort", "age")
        assert same(fast_dwell.dwell(columns), dwell.dwell(as_polars(log)), "stage")


@every_engine
def test_columns_come_from_any_dataframe(engine: str) -> None:
    columns = cluster(made_for(engine, [*line("bo", "ab"), *line("ada", "cba")]))
    assert columns.client.tolist() == [0, 0, 0, 1, 1]
    assert [columns.names[code] for code in columns.what] == ["c", "b", "a", "a", "b"]
    assert columns.name_of_client(1) == "bo"
    assert columns.what.dtype == np.uint8
    assert fast_paths.variants(columns)[0].example == "ada"


def test_no_events_have_no_answers() -> None:
    nobody = cluster(as_polars([]))
    assert rows_of(fast_paths.directly_follows(nobody)) == rows_of(fast_dropoff.drop_off(nobody)) == []
    assert rows_of(fast_cohorts.cohort_retention(nobody)) == rows_of(fast_dwell.dwell(nobody)) == []
    assert fast_paths.variants(nobody) == ()
    assert fast_funnel.funnel(nobody, ["a"])[0].clients == 0


def test_fewer_than_one_path_is_refused() -> None:
    for ask in (lambda log: paths.variants(log, 0), lambda log: fast_paths.variants(cluster(log), 0)):
        with pytest.raises(ValueError, match="top is 0"):
            ask(as_polars(line("ada", "ab")))


def test_columns_without_stages_say_so() -> None:
    bare = Columns(np.array([1], np.int32), np.array([5]), np.array([0], np.uint8), ("a",))
    assert fast_paths.variants(bare)[0].example == 1
    with pytest.raises(UnfitFrame, match="no stage"):
        fast_dwell.dwell(bare)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2**61)), min_size=1, max_size=30))
def test_quantiles_of_groups_are_numpys_even_of_huge_numbers(pairs: list[tuple[int, int]]) -> None:
    group, value = np.array(pairs).T
    made = grouped_quantiles(group, value, 4, (0.5, 0.9))
    for one in range(4):
        of_group = value[group == one]
        expected = np.quantile(of_group, [0.5, 0.9]) if len(of_group) else [np.nan, np.nan]
        np.testing.assert_allclose(made[one], expected, rtol=1e-12)
