"""After some clients' events have changed, what was kept gives the same answers as the whole log does."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fondly.core.metrics.kernels import cohorts, dropoff, dwell, funnel, paths
from fondly.core.metrics.kernels import columns as fast_columns
from fondly.core.metrics.kernels.columns import Columns, Table, grouped_quantiles
from fondly.core.metrics.kernels.ranks import Grouped, quantiles, ranked
from fondly.core.metrics.kernels.refresh import Change, Kept
from tests.core.metrics.logs import Rows, event, some_logs

quickly = settings(max_examples=60, deadline=None)
CLIENTS = ["ada", "bo", "cy", "di"]
# A name and a stage that the kept log may not know yet.
later_logs = st.lists(
    st.builds(
        event,
        st.sampled_from(CLIENTS),
        st.integers(0, 900).map(lambda day: 1_600_000_000_000_000 + day * 86_400_000_000),
        st.sampled_from(["call", "buy", "praise"]),
        st.sampled_from(["lead", "alumni"]),
        st.integers(4, 5),
    ),
    max_size=10,
)


def words(*logs: Rows) -> dict[str, tuple[str, ...]]:
    """Names and stages, in the order in which they come up."""
    return {key: tuple(dict.fromkeys(e[key] for log in logs for e in log)) for key in ("what", "stage")}


def as_columns(log: Rows, known: dict[str, tuple[str, ...]]) -> Columns:
    log = sorted(log, key=lambda e: (e["client"], e["at"], e["position"], e["what"]))
    return Columns(
        np.array([CLIENTS.index(e["client"]) for e in log], np.int32),
        np.array([e["at"] for e in log], np.int64),
        np.array([known["what"].index(e["what"]) for e in log], np.uint8),
        known["what"],
        np.array([known["stage"].index(e["stage"]) for e in log], np.uint8),
        known["stage"],
    )


def changed(log: Rows, more: Rows, without: set[str]) -> tuple[Kept, Change, Columns]:
    """What is kept of the log; its change when some clients lose all they had and some get more; the log afterwards."""
    touched = without | {e["client"] for e in more}
    new = [e for e in log if e["client"] in touched - without] + more
    every = words(log, more)
    kept = Kept(as_columns(log, words(log)))
    change = Change(as_columns([e for e in log if e["client"] in touched], every), as_columns(new, every))
    return kept, change, as_columns([e for e in log if e["client"] not in touched] + new, every)


def same(one: Table, other: Table) -> bool:
    assert one.keys() == other.keys()
    for name in one:
        assert len(one[name]) == len(other[name])
        if one[name].dtype == object or one[name].dtype.kind in "iu":
            assert one[name].tolist() == other[name].tolist(), name
        else:
            assert one[name].tolist() == pytest.approx(other[name].tolist(), nan_ok=True), name
    return True


whole = st.builds(changed, some_logs, later_logs, st.sets(st.sampled_from(CLIENTS), max_size=2))


@quickly
@given(whole)
def test_every_measure(found: tuple[Kept, Change, Columns]) -> None:
    kept, change, now = found
    for _again in range(2):
        assert same(kept.directly_follows(change), paths.directly_follows(now))
        assert same(kept.directly_follows(change, medians=False), paths.directly_follows(now, medians=False))
        assert same(kept.dwell(change), dwell.dwell(now))
        assert same(kept.cohort_retention(change), cohorts.cohort_retention(now))
        for quiet_since in (None, 1_650_000_000_000_000):
            assert same(kept.drop_off(change, quiet_since), dropoff.drop_off(now, quiet_since))
        for steps, window_s in ((["call", "buy"], None), (["call", "praise", "mail"], 86_400 * 90)):
            assert kept.funnel(change, steps, window_s) == funnel.funnel(now, steps, window_s)
        for top in (1, 3, 9):
            assert kept.variants(change, top) == paths.variants(now, top)


numbers = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 12)), max_size=30)


def grouped(pairs: list[tuple[int, int]], times: int) -> Grouped:
    group, value = np.array(pairs, np.int64).reshape(-1, 2).T
    return Grouped(group, value * times)


@quickly
@given(numbers, numbers, st.data(), st.sampled_from([1, 2**57]))
def test_quantiles_of_what_is_left_and_came(
    before: list[tuple[int, int]], came: list[tuple[int, int]], data: Any, times: int
) -> None:
    gone = data.draw(st.lists(st.sampled_from(before), unique_by=id, max_size=10)) if before else []
    left = list(before)
    gone = [one for one in gone if one in left and not left.remove(one)]
    shares = (0.0, 0.25, 0.5, 0.9, 1.0)
    now = grouped(left + came, times)
    made = quantiles(ranked(grouped(before, times), 4), grouped(gone, times), grouped(came, times), shares)
    assert np.allclose(made, grouped_quantiles(now.group, now.value, 4, shares), rtol=1e-12, equal_nan=True)


def test_blocks_of_any_size_give_the_same_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    log = [event(c, 60_000_000 * n, "ab"[n % 2], "s", n) for c in CLIENTS for n in range(9)]
    kept, change, now = changed(log, [event("bo", 10**9, "c", "t", 9)], {"di"})
    expected = paths.directly_follows(now)
    monkeypatch.setattr(fast_columns, "_BLOCK", 4)
    assert same(kept.directly_follows(change), expected)
