"""What clients will buy: `python bench/value.py --fit F --judge F [--small]`; fit on one set, judged on another.

F: CSV or CSV.gz with a header; the columns of client, date (yyyymmdd or ISO) and amount are found by name. Of each set
the first half of the time (or --weeks) is seen; the rest is forecast. "past rate": what a client bought a week goes on.
Beside the package lifetimes where it is installed. Without files: clients simulated from known parameters.
Then how long the fits take, in CPU milliseconds, warm.
"""

import argparse
import csv
import gzip
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
from tables import head, row

from fondly.core.metrics.lifetimes import bgnbd, gammagamma, paretonbd
from fondly.core.metrics.lifetimes.purchases import Purchases, from_transactions

MADE = bgnbd.BgNbd(0.243, 4.414, 0.793, 2.426)
SPEND = gammagamma.GammaGamma(6.25, 3.74, 15.44)
_NAMES = {"client": ("customer_id", "client_id", "client", "master_id", "customer"), "date": ("date", "at", "day")}
_AMOUNTS = ("amount", "value", "total", "revenue")


@dataclass
class Transactions:
    clients: np.ndarray
    weeks: np.ndarray
    amounts: np.ndarray


@dataclass
class Judged:
    """What was seen of each client, and what each bought after."""

    seen: Purchases
    later: np.ndarray
    ahead: float


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fit", type=Path)
    parser.add_argument("--judge", type=Path)
    parser.add_argument("--weeks", type=float, default=0.0, help="weeks that are seen; default: half")
    parser.add_argument("--small", action="store_true", help="4,000 simulated clients, fits of 20,000")
    given = parser.parse_args()
    size = 4_000 if given.small else 20_000
    fitted = _read(given.fit) if given.fit else _simulated(size, 1)
    judged = _read(given.judge) if given.judge else _simulated(size, 2)
    weeks = given.weeks or float(np.round(max(fitted.weeks.max(), judged.weeks.max()) / 2))
    learned = _split(fitted, weeks)
    forecasts(learned, _split(judged, weeks))
    speed(learned.seen, 20_000 if given.small else 1_000_000)
    return 0


def _read(path: Path) -> Transactions:
    raw = path.read_bytes()
    text = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode("utf-8-sig")
    rows = list(csv.DictReader(text.splitlines()))
    names = {name.lower(): name for name in rows[0]}
    client, day, amount = (_column(names, wanted, path) for wanted in (*_NAMES.values(), _AMOUNTS))
    days = np.array([date.fromisoformat(row[day][:10]).toordinal() for row in rows])
    return Transactions(
        np.array([row[client] for row in rows]),
        (days - days.min()) / 7,
        np.array([float(row[amount]) for row in rows]),
    )


def _column(names: dict[str, str], wanted: tuple[str, ...], path: Path) -> str:
    found = next((names[name] for name in wanted if name in names), None)
    if found is None:
        sys.exit(f"{path}: no column named {' or '.join(wanted)} in its first line")
    return found


def _simulated(count: int, seed: int) -> Transactions:
    """Clients who come in the first 12 of 78 weeks."""
    dice = np.random.default_rng(seed)
    first = dice.uniform(0, 12, count)
    at, there = first.copy(), np.arange(count)
    rate, leaves = dice.gamma(MADE.r, 1 / MADE.alpha, count), dice.beta(MADE.a, MADE.b, count)
    who, when = [there], [first]
    while len(there):
        at[there] += dice.exponential(1 / rate[there])
        there = there[at[there] < 78]
        who.append(there)
        when.append(at[there])
        there = there[dice.random(len(there)) >= leaves[there]]
    clients, weeks = np.concatenate(who), np.floor(np.concatenate(when) * 7) / 7
    return Transactions(
        clients, weeks, dice.gamma(SPEND.p, 1, len(clients)) / dice.gamma(SPEND.q, 1 / SPEND.v, count)[clients]
    )


def _split(given: Transactions, weeks: float) -> Judged:
    clients, seen = from_transactions(given.clients, given.weeks, given.amounts, weeks)
    after = (given.weeks > weeks) & np.isin(given.clients, clients)
    days = np.c_[np.searchsorted(clients, given.clients[after]), given.weeks[after]]
    bought = np.unique(days, axis=0)[:, 0].astype(int)
    return Judged(seen, np.bincount(bought, minlength=len(clients)), float(given.weeks.max()) - weeks)


def forecasts(fitted: Judged, judged: Judged) -> None:
    """Total error, RMSE and how much of what was bought the best tenth by forecast bought."""
    seen, ahead = judged.seen, judged.ahead
    print(
        f"fitted on {len(fitted.seen):,} clients, judged on {len(seen):,}: {judged.later.sum():,.0f} purchases in {ahead:.0f} weeks"
    )
    print(f"{'forecast':<28}{'total':>12}{'off by':>10}{'RMSE':>10}{'top tenth':>12}{'log-lik.':>14}")
    for name, module in (("BG/NBD", bgnbd), ("Pareto/NBD", paretonbd)):
        fit = module.fit(fitted.seen)
        _judge(name, module.expected_purchases(fit.parameters, seen, ahead), judged.later, fit.log_likelihood)
    _peer(fitted.seen, judged)
    _judge("past rate", seen.frequency / np.maximum(seen.age, 1 / 7) * ahead, judged.later)
    _judge("perfect", judged.later.astype(float), judged.later)


def _judge(name: str, expected: np.ndarray, came: np.ndarray, log_likelihood: float | None = None) -> None:
    best = np.argsort(-expected, kind="stable")[: max(1, len(came) // 10)]
    rmse = float(np.sqrt(((expected - came) ** 2).mean()))
    told = "" if log_likelihood is None else f"{log_likelihood:,.2f}"
    off, top = expected.sum() / came.sum() - 1, came[best].sum() / came.sum()
    print(f"{name:<28}{expected.sum():>12,.0f}{off:>10.1%}{rmse:>10.3f}{top:>12.3f}{told:>14}")


def _peer(given: Purchases, judged: Judged) -> None:
    try:
        from lifetimes import BetaGeoFitter
    except ImportError:
        return
    peer = BetaGeoFitter()
    peer.fit(given.frequency, given.recency, given.age)
    seen = judged.seen
    expected = peer.conditional_expected_number_of_purchases_up_to_time(
        judged.ahead, seen.frequency, seen.recency, seen.age
    )
    _judge("BG/NBD of lifetimes", np.asarray(expected), judged.later)


def speed(fitted: Purchases, count: int) -> None:
    """CPU time of the fits, the best of three after a first; repeat purchases by the day and by the week."""
    print()
    head()
    _timed(f"the {len(fitted):,} clients fitted", fitted, "both < 5 ms")
    for unit, step in (("day", 1 / 7), ("week", 1.0)):
        _timed(f"{count:,} clients by the {unit}", _many(count, step), "both < 350 ms")


def _timed(who: str, given: Purchases, goal: str) -> None:
    row(f"BG/NBD, {who}", 1000 * _cpu(lambda: bgnbd.fit(given)), "ms")
    repeaters = int((given.frequency > 0).sum())
    row(f"  and Gamma-Gamma, {repeaters:,} repeaters", 1000 * _cpu(lambda: gammagamma.fit(given)), "ms", goal)
    if len(given) < 100_000:
        row("  Pareto/NBD", 1000 * _cpu(lambda: paretonbd.fit(given)), "ms")


def _many(count: int, step: float) -> Purchases:
    made = _simulated(count, 3)
    whole = Transactions(made.clients, np.floor(made.weeks / step) * step, made.amounts)
    return from_transactions(whole.clients, whole.weeks, whole.amounts, 78.0)[1]


def _cpu(work: Callable[[], object]) -> float:
    work()
    taken = []
    for _ in range(3):
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    return min(taken)


if __name__ == "__main__":
    sys.exit(main())
