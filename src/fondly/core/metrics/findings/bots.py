"""Clients who do one thing so often that no tail of human habits reaches there."""

from dataclasses import dataclass

import numpy as np

from fondly.core.metrics.findings.steps import Floats, Ints, Log

_TAIL, _FEWEST_EVENTS, _TIMES_THE_NEXT, _MOST_BOTS = 50, 50, 3.0, 5


@dataclass(frozen=True, slots=True)
class Bot:
    """A client, the event, how often, when from and to (microseconds; the middle nine tenths of what it did)."""

    client: int
    what: int
    events: int
    next_most: int
    begins_at: int
    ends_at: int
    chance: float


def bots(log: Log) -> list[Bot]:
    """At most five clients whose count of one event stands apart from the tail of all others' counts.

    In a tail that falls by a power of the count, the spacings i (ln c_i - ln c_{i+1}) of the largest counts are
    independent and exponential (Renyi 1953; Hill 1975), so the one above the gap over the mean of the others has an
    F distribution with 2 and 2(k-1) degrees of freedom. Lighter tails make the chance smaller still.
    """
    pairs, counts = np.unique(log.client.astype(np.int64) * len(log.names) + log.what, return_counts=True)
    client, what = np.divmod(pairs, len(log.names))
    found: dict[int, Bot] = {}
    for code in range(len(log.names)):
        own = what == code
        for one in _apart(client[own], counts[own].astype(np.float64)):
            bot = _seen(log, code, *one)
            if one[0] not in found or bot.events > found[one[0]].events:
                found[one[0]] = bot
    return sorted(found.values(), key=lambda bot: -bot.events)


def _apart(client: Ints, counts: Floats) -> list[tuple[int, int, float]]:
    """(client, next largest count, chance) of those above the widest gap in the tail, if chance made none like it."""
    order = np.argsort(-counts, kind="stable")[: _TAIL + 1]
    top = counts[order]
    if len(top) < 20 or top[0] < _FEWEST_EVENTS:
        return []
    spacings = np.arange(1, len(top)) * np.log(top[:-1] / top[1:])
    place = int(np.argmax(spacings[:_MOST_BOTS]))
    others = np.delete(spacings, place)[place:]
    ratio = float(spacings[place] / max(others.mean(), 0.05))
    chance = (1 + ratio / len(others)) ** -len(others) * _MOST_BOTS
    if top[place] < max(_FEWEST_EVENTS, _TIMES_THE_NEXT * top[place + 1]):
        return []
    return [(int(client[one]), int(top[place + 1]), chance) for one in order[: place + 1]]


def _seen(log: Log, what: int, client: int, next_most: int, chance: float) -> Bot:
    at = log.at[(log.client == client) & (log.what == what)]
    begins, ends = np.quantile(at, [0.05, 0.95])
    return Bot(client, what, len(at), next_most, int(begins), int(ends), chance)
