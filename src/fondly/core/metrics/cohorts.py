"""Of those who came in a month, how many were seen again in each later month."""

from typing import Any

import narwhals as nw

from fondly.core.metrics.estimates import LEVEL
from fondly.core.metrics.frames import AT, CLIENT, DAY, Native, read_events
from fondly.core.metrics.shares import with_share


def cohort_retention(events: Native, level: float = LEVEL) -> Native:
    """One row per cohort and age: cohort (month of the first event, 202603 is March 2026), age (months since),
    clients (seen in that month), size (of the cohort), share = clients/size with low and high (Wilson).

    Months are those of UTC. A client is seen in a month by one event or more; pairs without any client have no row.
    """
    log = read_events(events)
    seen = _with_month(log.frame).select(CLIENT, "month").unique()
    first = seen.group_by(CLIENT).agg(nw.col("month").min().alias("first"))
    aged = seen.join(first, on=CLIENT, how="inner").with_columns(age=nw.col("month") - nw.col("first"))
    counted = aged.group_by("first", "age").agg(nw.len().alias("clients"))
    sizes = first.group_by("first").agg(nw.len().alias("size"))
    named = counted.join(sizes, on="first", how="inner").select(
        "age", "clients", "size", cohort=nw.col("first") // 12 * 100 + nw.col("first") % 12 + 1
    )
    shared = with_share(named, "clients", "size", level)
    return log.back(shared.select("cohort", "age", "clients", "size", "share", "low", "high"))


def _with_month(frame: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    """Adds `month`, counted since year 0, in whole numbers so that no session's zone has a say.

    Each step is a column of its own: as one expression, engines would write out its parts thousands of times.
    Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", civil_from_days.
    """
    era, day, year = nw.col("era"), nw.col("day"), nw.col("year")
    return (
        frame.with_columns(day=nw.col(AT) // DAY + 719_468)
        .with_columns(era=day // 146_097)
        .with_columns(day=day - era * 146_097)
        .with_columns(year=(day - day // 1_460 + day // 36_524 - day // 146_096) // 365)
        .with_columns(day=day - (year * 365 + year // 4 - year // 100))
        .with_columns(month=(year + era * 400) * 12 + (day * 5 + 2) // 153 + 2)
    )
