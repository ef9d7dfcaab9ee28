"""Journey measures on a big log: `python bench/metrics.py --rows 1e6|1e7|1e8 [--small]`.

Each figure is a process of its own: wall and CPU seconds of the best of three calls, its peak memory. "kernel": columns
mapped anew from the disk, as the lake keeps them; "read + kernel": from Parquet; the peers' ratios are to the latter. Beside them the raw Parquet scan by DuckDB, DuckDB SQL and pandas written by
hand over the same file, and pm4py where it is installed. The file is sorted by client and time, which helps all.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from fondly.core.metrics.kernels import cohorts, dropoff, dwell, funnel, paths
from fondly.core.metrics.kernels.columns import Columns

NAMES = tuple(f"touchpoint {n:02}" for n in range(40))
STAGES = tuple(f"stage {n}" for n in range(7))
STEPS = [NAMES[n] for n in (2, 3, 5, 8, 13, 21)]
WINDOW_S = 90 * 86_400
MEASURES: dict[str, Callable[[Columns], Any]] = {
    "directly follows": lambda c: paths.directly_follows(c, medians=False),
    "funnel": lambda c: funnel.funnel(c, STEPS, WINDOW_S),
    "cohorts": cohorts.cohort_retention,
    "variants": lambda c: paths.variants(c, top=50),
    "drop-off": dropoff.drop_off,
    "dwell": dwell.dwell,
    "directly follows + medians": paths.directly_follows,
}
READS = {
    "cohorts": ["client", "at"],
    "drop-off": ["client", "what"],
    "variants": ["client", "what"],
    "dwell": ["client", "at", "stage"],
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=lambda text: int(float(text)), default=1_000_000)
    parser.add_argument("--small", action="store_true", help="20,000 events, all in one process")
    parser.add_argument("--one", nargs=3, metavar=("HOW", "MEASURE", "FILE"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        print(json.dumps(_measured(*given.one)))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        file = str(Path(folder) / "events.parquet")
        _print_table(20_000 if given.small else given.rows, file, _measured if given.small else _in_own_process)
    return 0


def _print_table(rows: int, file: str, figure: Callable[[str, str, str], dict[str, float]]) -> None:
    figure("make", str(rows), file)
    scan = figure("scan", "scan", file)
    print(
        f"{rows:,} events; scan of client, at, what: {scan['wall']:.3f} s, {scan['cpu']:.3f} CPU s, {scan['peak']:.0f} MB"
    )
    print(
        f"{'CPU s (wall s, peak MB)':<28}{'kernel':>22}{'of scan':>9}{'read + kernel':>26}{'of scan':>9}{'DuckDB SQL':>24}{'pandas':>24}{'pm4py':>24}"
    )
    for measure in MEASURES:
        ours, read = (figure(how, measure, file) for how in ("kernel", "read"))
        peers = [figure(how, measure, file) for how in ("duckdb", "pandas", "pm4py")]
        print(
            f"{measure:<28}{_shown(ours):>22}{_of(ours, scan):>9}{_shown(read):>26}{_of(read, scan):>9}"
            + "".join(f"{_shown(peer, read):>24}" for peer in peers)
        )


def _of(figure: dict[str, float], scan: dict[str, float]) -> str:
    return f"{figure['cpu'] / scan['cpu']:.2f}x"


def _shown(figure: dict[str, float], beside: dict[str, float] | None = None) -> str:
    if not figure:
        return "-"
    times = f" {figure['cpu'] / beside['cpu']:.0f}x" if beside else ""
    return f"{figure['cpu']:.4f} ({figure['wall']:.3f}, {figure['peak']:.0f}){times}"


def _in_own_process(how: str, measure: str, file: str) -> dict[str, float]:
    command = [sys.executable, __file__, "--one", how, measure, file]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{how} {measure}: {done.stderr[-2000:]}")
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


def _measured(how: str, measure: str, file: str) -> dict[str, float]:
    if how == "make":
        _make(int(measure), file)
        return {}
    work = _work(how, measure, file)
    if work is None:
        return {}
    wall, cpu = zip(*(_timed(work) for _ in range(3)), strict=True)
    return {"wall": min(wall), "cpu": min(cpu), "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def _timed(work: Callable[[], object]) -> tuple[float, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - cpu


def _work(how: str, measure: str, file: str) -> Callable[[], object] | None:
    if how == "kernel":
        return lambda: MEASURES[measure](_mapped(file))
    if how == "read":
        return lambda: MEASURES[measure](_read(file, READS.get(measure, ["client", "at", "what"])))
    if how == "pandas":
        import pandas as pd

        return (lambda: PANDAS[measure](pd.read_parquet(file))) if measure in PANDAS else None
    if how == "pm4py":
        return _pm4py(measure, file)
    return _duckdb(measure, file)


def _read(file: str, columns: list[str]) -> Columns:
    table = pq.read_table(file, columns=columns, use_threads=False)
    read = {name: table[name].to_numpy() for name in columns}
    nothing = np.empty(0, np.int64)
    return Columns(read["client"], read.get("at", nothing), read.get("what", nothing), NAMES, read.get("stage"), STAGES)


def _mapped(file: str) -> Columns:
    """As lake.columnar keeps them."""
    client, at, what, stage = (
        np.load(f"{file}.{name}.npy", mmap_mode="r").view(np.ndarray) for name in ("client", "at", "what", "stage")
    )
    return Columns(client, at, what, NAMES, stage, STAGES)


def _make(rows: int, file: str) -> None:
    """Clients of about 20 events over three years; some paths frequent, most not."""
    dice = np.random.default_rng(7)
    lengths = np.maximum(1, dice.geometric(1 / 20, max(rows // 20, 1)))
    client = np.repeat(np.arange(len(lengths), dtype=np.int32), lengths)[:rows]
    rows = len(client)
    starts = np.concatenate(([0], np.cumsum(lengths)))[:-1]
    nth = np.arange(rows) - starts[client]
    gaps = dice.exponential(3 * 86_400e6, rows).astype(np.int64)
    walked = np.cumsum(gaps)
    began = dice.integers(0, 2 * 365 * 86_400, len(lengths)) * 1_000_000 + 1_700_000_000_000_000
    at = walked - walked[starts[client]] + began[client]
    usual = nth < dice.geometric(0.25, len(lengths))[client]
    what = np.where(usual, nth % 40, (dice.random(rows) ** 2 * 40)).astype(np.uint8)
    stage = np.minimum(nth // 4 + (dice.random(rows) < 0.1), 6).astype(np.uint8)
    columns = {"client": client, "at": at, "what": what, "stage": stage}
    pq.write_table(pa.table(columns), file, compression="zstd", use_dictionary=["what", "stage"])
    for name, column in columns.items():
        np.save(f"{file}.{name}.npy", column)


def _duckdb(measure: str, file: str) -> Callable[[], object] | None:
    import duckdb

    sql = SQL.get(measure)
    connection = duckdb.connect()
    return (
        (
            lambda: connection.execute(
                sql.replace("EVENTS", f"(select * rename (\"at\" as t) from read_parquet('{file}'))")
            ).fetchall()
        )
        if sql
        else None
    )


def _pm4py(measure: str, file: str) -> Callable[[], object] | None:
    try:
        import pandas as pd
        import pm4py
    except ImportError:
        return None
    asked = {"directly follows": pm4py.discover_dfg, "variants": pm4py.get_variants}.get(measure)
    if asked is None:
        return None

    def work() -> object:
        frame = pd.read_parquet(file)
        frame = frame.assign(
            client=frame.client.astype(str),
            what=frame.what.astype(str),
            at=pd.to_datetime(frame["at"], unit="us", utc=True),
        )
        return asked(pm4py.format_dataframe(frame, case_id="client", activity_key="what", timestamp_key="at"))

    return work


def _funnel_sql() -> str:
    codes = ", ".join(str(NAMES.index(step)) for step in STEPS)
    sql = f"with s0 as (select client, t, list_position([{codes}], what::int) k from EVENTS where what in ({codes})), "
    sql += "s1 as (select *, case when k = 1 then t end c1 from s0)"
    for k in range(2, len(STEPS) + 1):
        best = f"max(c{k - 1}) over (partition by client order by t rows between unbounded preceding and 1 preceding)"
        sql += f", s{k} as (select *, case when k = {k} and t - {best} <= {WINDOW_S * 1_000_000} then {best} end c{k} from s{k - 1})"
    counts = ", ".join(f"count(distinct client) filter (where c{k} is not null)" for k in range(1, len(STEPS) + 1))
    return f"{sql} select {counts} from s{len(STEPS)}"


_PAIRS = "select what, lead(what) over w next, lead(t) over w - t gap from EVENTS window w as (partition by client order by t)"
SQL = {
    "scan": "select max(client), max(t), count(distinct what) from EVENTS",
    "directly follows": f"select what, next, count(*), avg(gap) / 1e6 from ({_PAIRS}) where next is not null group by all",
    "directly follows + medians": f"select what, next, count(*), avg(gap) / 1e6, median(gap) / 1e6 from ({_PAIRS}) where next is not null group by all",
    "funnel": _funnel_sql(),
    "cohorts": """with m as (select distinct client, date_trunc('month', make_timestamp(t)) m from EVENTS),
        f as (select client, min(m) c from m group by 1)
        select c, datediff('month', c, m), count(*) from m join f using (client) group by all""",
    "variants": """select p, count(*) n from (select list(what order by t) p from EVENTS group by client)
        group by p order by n desc limit 50""",
    "drop-off": "select w, count(*) from (select arg_max(what, t) w from EVENTS group by client) group by w",
    "dwell": """with a as (select client, t, stage, lag(stage) over (partition by client order by t) p from EVENTS),
        d as (select stage, lead(t) over (partition by client order by t) - t g from a where p is null or p <> stage)
        select stage, median(g), quantile_cont(g, 0.9), count(g) from d group by stage""",
}


def _pandas_follows(events: Any) -> Any:
    events = events.sort_values(["client", "at"])
    after = events.shift(-1)
    same = after.client == events.client
    gaps = (after["at"] - events["at"])[same]
    return gaps.groupby([events.what[same], after.what[same]]).agg(["size", "mean"])


def _pandas_variants(events: Any) -> Any:
    events = events.sort_values(["client", "at"])
    return events.what.astype(str).groupby(events.client).agg(">".join).value_counts().head(50)


def _pandas_cohorts(events: Any) -> Any:
    month = events["at"].astype("datetime64[us]").dt.to_period("M").astype("int64")
    seen = events.assign(month=month)[["client", "month"]].drop_duplicates()
    seen["first"] = seen.groupby("client").month.transform("min")
    return seen.groupby(["first", seen.month - seen["first"]]).size()


def _pandas_dwell(events: Any) -> Any:
    events = events.sort_values(["client", "at"])
    before = events.shift(1)
    entered = events[(before.client != events.client) | (before.stage != events.stage)]
    after = entered.shift(-1)
    lasted = (after["at"] - entered["at"])[after.client == entered.client]
    return lasted.groupby(entered.stage).quantile([0.5, 0.9])


def _pandas_funnel(events: Any) -> list[int]:
    codes = [NAMES.index(step) for step in STEPS]
    events = events[events.what.isin(codes)].sort_values(["client", "at"])
    start = events["at"].where(events.what == codes[0])
    counts = [events.client[start.notna()].nunique()]
    for code in codes[1:]:
        before = start.groupby(events.client).ffill().groupby(events.client).shift(1)
        start = before.where((events.what == code) & (events["at"] - before <= WINDOW_S * 1e6))
        counts.append(events.client[start.notna()].nunique())
    return counts


PANDAS: dict[str, Callable[[Any], Any]] = {
    "directly follows": _pandas_follows,
    "funnel": _pandas_funnel,
    "cohorts": _pandas_cohorts,
    "variants": _pandas_variants,
    "drop-off": lambda events: events.sort_values("at").drop_duplicates("client", keep="last").what.value_counts(),
    "dwell": _pandas_dwell,
}

if __name__ == "__main__":
    sys.exit(main())
