"""CDNOW, and clients whose parameters we chose ourselves."""

import csv
import gzip
from datetime import date
from pathlib import Path

import numpy as np

from fondly.core.metrics.lifetimes.purchases import Purchases, purchases

DATA = Path(__file__).parents[1] / "data"


def cdnow() -> Purchases:
    table = np.genfromtxt(DATA / "cdnow_sample.csv", delimiter=",", skip_header=1)
    return purchases(table[:, 1], table[:, 2], table[:, 3], table[:, 4])


def cdnow_transactions():
    """Clients, weeks since the first day of 1997, amounts."""
    with gzip.open(DATA / "cdnow_transactions.csv.gz", "rt") as lines:
        rows = list(csv.DictReader(lines))
    days = [(date.fromisoformat(row["date"]) - date(1997, 1, 1)).days for row in rows]
    return [int(row["sample_id"]) for row in rows], np.array(days) / 7, [float(row["amount"]) for row in rows]


def bgnbd_clients(count, r, alpha, a, b, dice):
    """Clients observed 20 to 80 weeks: their Purchases, and what each buys in the 20 weeks after."""
    age = np.round(dice.uniform(20, 80, count))
    rate, leaves = dice.gamma(r, 1 / alpha, count), dice.beta(a, b, count)
    frequency, later = np.zeros(count, int), np.zeros(count)
    recency, at, there = np.zeros(count), np.zeros(count), np.arange(count)
    while len(there):
        at[there] += dice.exponential(1 / rate[there])
        there = there[at[there] < age[there] + 20]
        seen = at[there] < age[there]
        frequency[there[seen]] += 1
        recency[there[seen]] = at[there[seen]]
        later[there[~seen]] += 1
        there = there[dice.random(len(there)) >= leaves[there]]
    return purchases(frequency, np.round(recency, 2), age), later


def paretonbd_clients(count, r, alpha, s, beta, dice):
    age = np.round(dice.uniform(20, 80, count))
    rate, stays = dice.gamma(r, 1 / alpha, count), dice.exponential(1 / dice.gamma(s, 1 / beta, count))
    active = np.minimum(age, stays)
    frequency = dice.poisson(rate * active)
    # The last of x uniform times is at the largest of them.
    last = active * dice.random(count) ** (1 / np.maximum(frequency, 1))
    return purchases(frequency, np.where(frequency > 0, np.round(last, 2), 0.0).clip(max=age), age)


def with_spend(given, p, q, v, dice):
    paid = dice.gamma(np.maximum(p * given.frequency, 1e-9)) / dice.gamma(q, 1 / v, len(given))
    spend = np.where(given.frequency > 0, paid / np.maximum(given.frequency, 1), 0.0)
    return purchases(given.frequency, given.recency, given.age, spend)
