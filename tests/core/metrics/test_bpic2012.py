"""The known counts of the BPI Challenge 2012 log: loan applications at a Dutch bank.

van Dongen 2012, doi 10.4121/uuid:3926db30-f712-4394-aebc-75976070e91f. The log is not passed on with the product;
without it beside the project these are skipped.
"""

from pathlib import Path

import polars as pl
import pytest

from fondly.core.metrics.funnel import funnel
from fondly.core.metrics.kernels import funnel as fast_funnel
from fondly.core.metrics.kernels import paths as fast_paths
from fondly.core.metrics.kernels.columns import cluster
from fondly.core.metrics.paths import directly_follows, variants

BANK = Path(__file__).parents[4] / "shared" / "data" / "bpic2012-loan-applications" / "events.csv.gz"
STEPS = ["A_SUBMITTED", "A_PREACCEPTED", "A_ACCEPTED", "O_SENT", "A_APPROVED"]
CLIENTS = [13_087, 7_367, 5_113, 5_015, 2_246]

pytestmark = pytest.mark.skipif(not BANK.exists(), reason="the BPI Challenge 2012 log is not here")


@pytest.fixture(scope="module")
def events() -> pl.DataFrame:
    return (
        pl.read_csv(BANK)
        .select(
            client="case_id",
            at=pl.col("timestamp").str.to_datetime("%Y-%m-%dT%H:%M:%S%.f%:z", time_unit="us", time_zone="UTC"),
            what="activity",
        )
        .with_row_index("position")
    )


def test_the_log_is_the_known_one(events: pl.DataFrame) -> None:
    assert len(events) == 262_200
    assert events["client"].n_unique() == 13_087
    assert events["what"].n_unique() == 24


def test_4366_variants(events: pl.DataFrame) -> None:
    assert len(variants(events)) == 4_366
    assert fast_paths.variants(cluster(events), top=50) == variants(events, top=50)


def test_the_funnel_to_approval(events: pl.DataFrame) -> None:
    assert [step.clients for step in funnel(events, STEPS)] == CLIENTS
    assert [step.clients for step in fast_funnel.funnel(cluster(events), STEPS)] == CLIENTS


def test_every_event_but_the_first_follows_another(events: pl.DataFrame) -> None:
    assert directly_follows(events)["n"].sum() == 262_200 - 13_087
