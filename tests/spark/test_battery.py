"""The whole battery on Spark with two executor processes, against DuckDB: counts exact, figures to 1e-6.

Needs pyspark (the extra `spark`) and Java 17; without them it is skipped, and says so.
"""

import dataclasses
import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from fondly.core.metrics import cohorts, conformance, dropoff, dwell, frames, funnel, loyalty, paths, staying
from fondly.core.metrics.conformance import Expected

pytestmark = [
    pytest.mark.spark,
    pytest.mark.skipif(shutil.which("java") is None, reason="no Java on this machine"),
]
START = 1_767_225_600_000_000
UNTIL = START + 120 * frames.DAY
SCHEMA = "client long, at long, what string, stage string, position long, score long, team string"
STEPS = ("inquiry", "talk", "order", "visit", "gone")


def made(clients: int = 60, seed: int = 7) -> list[tuple[Any, ...]]:
    """Some thousand events of clients who go through stages at their own pace, and now and then come back."""
    dice = random.Random(seed)
    rows = []
    for client in range(clients):
        at = START + dice.randrange(60 * frames.DAY)
        for position in range(dice.randrange(1, 12)):
            what = dice.choice(STEPS)
            stage = dice.choice(("new", "care", "alumni"))
            rows.append((client, at, what, stage, position, dice.randrange(11), dice.choice("abc")))
            at += dice.randrange(1, 20 * frames.DAY)
            if what == "gone":
                break
    return rows


@pytest.fixture(scope="module")
def spark():
    sql = pytest.importorskip("pyspark.sql", reason="pyspark is not installed (the extra `spark`)")
    import pyspark

    os.environ["SPARK_HOME"] = str(Path(pyspark.__file__).parent)  # a local cluster starts executors from there
    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    settings = {
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.sql.session.timeZone": "UTC",
    }
    if other := sql.SparkSession.getActiveSession():  # another test's, which would be taken as it is
        other.stop()
    builder = sql.SparkSession.builder.master("local-cluster[2,1,1024]").appName("fondly battery")
    for name, value in settings.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    yield session
    session.stop()


@pytest.fixture(scope="module")
def logs(spark):
    """The same events on Spark, cached, and on DuckDB."""
    rows = made()
    there = spark.createDataFrame(rows, SCHEMA).cache()
    assert there.count() == len(rows)
    database = duckdb.connect()
    kinds = ", ".join(one.replace("long", "BIGINT").replace("string", "VARCHAR") for one in SCHEMA.split(", "))
    database.execute(f"CREATE TABLE log({kinds.replace('at ', 'at_ ', 1)})")
    database.executemany("INSERT INTO log VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
    return there, database.sql('SELECT * RENAME (at_ AS "at") FROM log')


BATTERY: dict[str, Callable[[Any], Any]] = {
    "directly follows": paths.directly_follows,
    "client paths": paths.client_paths,
    "variants": paths.variants,
    "funnel": lambda log: funnel.funnel(log, ["inquiry", "talk", "order"], 90 * 86_400),
    "reached": lambda log: funnel.reached(log, ["inquiry", "order"]),
    "last events": dropoff.last_events,
    "drop-off": lambda log: dropoff.drop_off(log, UNTIL - 30 * frames.DAY),
    "stays": dwell.stays,
    "dwell": dwell.dwell,
    "dwell times": lambda log: dwell.dwell_times(log, UNTIL),
    "returns": dwell.returns,
    "cohorts": cohorts.cohort_retention,
    "tenures": lambda log: staying.tenures(log, ["gone"], UNTIL),
    "first days": lambda log: staying.first_days(log, ["gone"], UNTIL, days=30),
    "exit hazards": lambda log: staying.exit_hazards(log, ["gone"], UNTIL),
    "conformance": lambda log: conformance.conformance(log, [Expected("inquiry"), Expected("talk", 864_000)], UNTIL),
    "deviations": lambda log: conformance.deviations(log, [Expected("inquiry"), Expected("order", 86_400)], UNTIL),
    "NPS by group": lambda log: loyalty.by_group(log, loyalty.NPS, "team"),
}


@pytest.mark.parametrize("name", BATTERY)
def test_spark_and_duckdb_agree(logs, name):
    there, here = (told(BATTERY[name](log)) for log in logs)
    assert len(there) == len(here) > 0
    for mine, theirs in zip(here, there, strict=True):
        assert mine.keys() == theirs.keys()
        for key in mine:
            assert same(mine[key], theirs[key]), (name, key, mine, theirs)


def test_two_executors_did_the_work(spark, logs):
    status = spark.sparkContext._jsc.sc().statusTracker().getExecutorInfos()
    assert len(status) == 3  # the driver and two of its own processes


def told(answer: Any) -> list[dict[str, Any]]:
    """Frames and dataclasses as rows in one order, nested figures laid flat."""
    if dataclasses.is_dataclass(answer):
        rows = [flat(dataclasses.asdict(answer))]
    elif isinstance(answer, tuple):
        rows = [flat(dataclasses.asdict(one)) for one in answer]
    else:
        rows = [dict(row) for row in frames.rows(answer)]
    return sorted(rows, key=lambda row: [str(row[key]) for key in sorted(row) if not isinstance(row[key], float)])


def flat(values: dict[str, Any], before: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in values.items():
        if isinstance(value, dict):
            found |= flat(value, f"{before}{key}.")
        elif isinstance(value, (list, tuple)) and value and isinstance(value[0], dict):
            for place, one in enumerate(value):
                found |= flat(one, f"{before}{key}.{place}.")
        else:
            found[before + key] = value
    return found


def same(mine: Any, theirs: Any) -> bool:
    if mine is None or theirs is None or mine != mine or theirs != theirs:
        return (mine is None or mine != mine) and (theirs is None or theirs != theirs)
    if isinstance(mine, float):
        return theirs == pytest.approx(mine, rel=1e-6, abs=1e-9)
    return mine == theirs
