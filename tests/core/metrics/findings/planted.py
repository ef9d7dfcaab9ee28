"""Made-up logs of events that are as untidy as real ones, with or without incidents planted in them.

Clients differ in how often they come (some ten times as often as most) and in how far they go; they come by the hour
and the weekday, more of them every month, in bursts; the time between two events is heavy-tailed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

LEAVES = "leaves"
DAY = 86_400.0
_MONDAY = 1_767_571_200.0  # 2026-01-05
_HOURS = np.array([1, 1, 1, 1, 1, 2, 4, 8, 11, 13, 13, 12, 11, 12, 13, 12, 11, 11, 12, 14, 14, 11, 6, 3], dtype=float)
_MOST_STEPS = 60


@dataclass(frozen=True)
class World:
    """Which event may follow which with which odds, how long it takes (median, spread of the logarithm), who comes."""

    starts: dict[str, float]
    follows: dict[str, dict[str, float]]
    gap_s: dict[str, float]
    spread: float
    visits: float  # a client's mean
    weekdays: tuple[float, ...]
    segments: dict[str, dict[str, float]]

    @property
    def names(self) -> list[str]:
        return [*self.follows, LEAVES]


SHOP = World(
    {"home": 6, "catalog": 3, "product": 2},
    {
        "home": {"catalog": 60, "search": 20, "account": 5, LEAVES: 15},
        "search": {"product": 50, "search": 20, "catalog": 12, LEAVES: 18},
        "catalog": {"product": 58, "catalog": 12, "search": 8, LEAVES: 22},
        "product": {"cart": 28, "product": 22, "catalog": 24, "search": 6, LEAVES: 20},
        "cart": {"delivery": 62, "product": 12, "catalog": 6, LEAVES: 20},
        "delivery": {"payment": 72, "cart": 9, LEAVES: 19},
        "payment": {"paid": 80, "payment failed": 5, "delivery": 4, LEAVES: 11},
        "payment failed": {"payment": 65, "help": 10, LEAVES: 25},
        "paid": {"home": 10, "account": 15, LEAVES: 75},
        "account": {"home": 30, "help": 10, LEAVES: 60},
        "help": {"home": 35, "account": 15, LEAVES: 50},
    },
    {"home": 12, "search": 15, "catalog": 25, "product": 35, "cart": 20, "delivery": 60, "payment": 45},
    1.2,
    3.0,
    (1.0, 1.0, 0.95, 1.0, 1.1, 1.35, 1.3),
    {
        "channel": {"search engine": 5, "newsletter": 2, "social": 2, "direct": 3},
        "device": {"phone": 6, "computer": 4, "tablet": 1},
        "persona": {"quick": 4, "careful": 4, "bargain": 2},
    },
)

SERVICE = World(
    {"enquiry": 7, "referral": 3},
    {
        "enquiry": {"call back": 70, "enquiry": 5, LEAVES: 25},
        "referral": {"call back": 85, LEAVES: 15},
        "call back": {"first meeting": 65, "call back": 12, LEAVES: 23},
        "first meeting": {"proposal": 70, "first meeting": 6, LEAVES: 24},
        "proposal": {"accepted": 55, "question": 18, LEAVES: 27},
        "question": {"proposal": 40, "accepted": 30, "question": 8, LEAVES: 22},
        "accepted": {"session": 90, "complaint": 3, LEAVES: 7},
        "session": {"session": 70, "survey": 12, "complaint": 3, LEAVES: 15},
        "complaint": {"session": 50, "call back": 20, LEAVES: 30},
        "survey": {"session": 55, "renewal": 20, LEAVES: 25},
        "renewal": {"session": 80, LEAVES: 20},
    },
    dict.fromkeys(("enquiry", "referral", "call back", "proposal", "question"), DAY) | {"session": 6 * DAY},
    1.0,
    1.1,
    (1.2, 1.1, 1.0, 1.0, 0.9, 0.2, 0.15),
    {
        "channel": {"phone": 4, "mail": 3, "web": 3},
        "office": {"north": 3, "south": 3, "west": 2, "centre": 4},
        "persona": {"family": 4, "firm": 2, "single": 3},
    },
)
WORLDS = {"shop": SHOP, "service": SERVICE}


@dataclass(frozen=True)
class Incident:
    """What is planted: from `begins` to `ends` (parts of the log's time; the whole of it: all along) for a segment.

    kinds: fall, rise, drop (of step a -> b; drop: a -> leaves), slow (a -> b takes `strength` times as long), stop (of
    event b), bot (one client surges in event a), crowd (many come and only do a), loop (a -> b and b -> a again and
    again), new (event b after a), segment (a fall all along).
    """

    kind: str
    a: str
    b: str
    strength: float
    begins: float = 0.0
    ends: float = 1.0
    segment: tuple[str, str] | None = None


@dataclass
class Made:
    events: dict[str, NDArray[np.generic]]
    incidents: tuple[Incident, ...]
    starts_at: float
    seconds: float
    untidy: dict[str, float] = field(default_factory=dict)

    def instant(self, part: float) -> float:
        """Seconds since 1970 at this part of the log's time."""
        return self.starts_at + part * self.seconds


@dataclass
class _Crowd:
    """Visits that are under way: one entry each."""

    client: NDArray[np.int64]
    at: NDArray[np.float64]
    state: NDArray[np.int64]
    tilt: NDArray[np.float64]
    segments: dict[str, NDArray[np.str_]]

    def picked(self, which: NDArray[np.generic]) -> "_Crowd":
        chosen = {name: column[which] for name, column in self.segments.items()}
        return _Crowd(self.client[which], self.at[which], self.state[which], self.tilt[which], chosen)


def made(
    seed: int, world: str = "shop", clients: int = 2_000, days: float = 60, incidents: Sequence[Incident] = ()
) -> Made:
    """A log by the dice of `seed`, as columns client, at (microseconds), what and the world's segments."""
    dice, of = np.random.default_rng(seed), WORLDS[world]
    for one in incidents:
        if one.kind == "new":
            of = replace(of, follows={**of.follows, one.b: {one.a: 50, LEAVES: 50}})
    log = Made({}, tuple(incidents), _MONDAY, days * DAY)
    crowd = _arriving(dice, of, clients, log)
    parts = [*_walked(dice, of, crowd, log), *_extra(dice, of, crowd, log)]
    whole = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    inside = whole["at"] < (log.starts_at + log.seconds) * 1e6
    log.events = {name: column[inside] for name, column in whole.items()}
    return log


def _arriving(dice: np.random.Generator, of: World, clients: int, log: Made) -> _Crowd:
    often = dice.lognormal(np.log(of.visits) - 0.5, 1.0, clients)
    visits = 1 + dice.poisson(np.maximum(often - 1, 0.05))
    client = np.repeat(np.arange(clients), visits)
    came = _moments(dice, of, clients, log)
    returns = dice.exponential(0.12 * log.seconds, len(client))
    first = np.concatenate(([0], np.cumsum(visits)))[:-1]
    walked = np.cumsum(np.where(np.isin(np.arange(len(client)), first), 0, returns))
    about = came[client] + walked - walked[first][client]
    at = _by_the_clock(dice, of, about, log)
    names = of.names
    odds = np.array([of.starts.get(name, 0) for name in names], dtype=float)
    state = dice.choice(len(names), len(client), p=odds / odds.sum())
    tilt = dice.normal(0, 0.5, clients)[client]
    crowd = _Crowd(client, at, state, tilt, _segments(dice, of, client, clients))
    return crowd.picked(crowd.at < log.starts_at + log.seconds)


def _segments(
    dice: np.random.Generator, of: World, client: NDArray[np.int64], clients: int
) -> dict[str, NDArray[np.str_]]:
    """Each client has one value of each; the device changes from visit to visit now and then."""
    found = {}
    for name, odds in of.segments.items():
        shares = np.array(list(odds.values())) / sum(odds.values())
        own = dice.choice(len(odds), clients, p=shares)[client]
        if name in ("device", "channel"):
            own = np.where(dice.random(len(client)) < 0.2, dice.choice(len(odds), len(client), p=shares), own)
        found[name] = np.array(list(odds))[own]
    return found


def _moments(dice: np.random.Generator, of: World, count: int, log: Made) -> NDArray[np.float64]:
    """When clients come first: more and more of them, in bursts of a day or two."""
    days = np.arange(int(np.ceil(log.seconds / DAY)))
    growth = np.exp(dice.uniform(0, 0.9) * days / len(days))
    burst = np.where(dice.random(len(days)) < 0.05, dice.uniform(1.5, 3.5, len(days)), 1)
    weight = growth * burst * dice.gamma(30, 1 / 30, len(days))
    day = dice.choice(len(days), count, p=weight / weight.sum())
    return np.asarray(log.starts_at + (day + dice.random(count)) * DAY)


def _by_the_clock(dice: np.random.Generator, of: World, about: NDArray[np.float64], log: Made) -> NDArray[np.float64]:
    """Moved to an hour and a weekday at which people come."""
    day = np.floor((about - log.starts_at) / DAY)
    unlikely = dice.random(len(day)) > np.array(of.weekdays)[day.astype(int) % 7] / max(of.weekdays)
    day = day + np.where(unlikely, dice.integers(-2, 3, len(day)), 0)
    unlikely = dice.random(len(day)) > np.array(of.weekdays)[day.astype(int) % 7] / max(of.weekdays)
    day = np.maximum(day + np.where(unlikely, dice.integers(-2, 3, len(day)), 0), 0)
    hour = dice.choice(24, len(day), p=_HOURS / _HOURS.sum())
    return np.asarray(log.starts_at + day * DAY + (hour + dice.random(len(day))) * 3600)


def _walked(dice: np.random.Generator, of: World, crowd: _Crowd, log: Made) -> list[dict[str, NDArray[np.generic]]]:
    """Every visit step by step until it ends."""
    names = of.names
    odds = np.array([[of.follows.get(a, {}).get(b, 0) for b in names] for a in names], dtype=float)
    good = np.array([0.0 if name == LEAVES else 1.0 for name in names])
    median = np.array([of.gap_s.get(name, 30 if of is not SERVICE else 3 * DAY) for name in names])
    parts = []
    for _step in range(_MOST_STEPS):
        parts.append(_rows(names, crowd))
        chances = odds[crowd.state] * np.exp(crowd.tilt[:, None] * good)
        gap = median[crowd.state] * dice.lognormal(0, of.spread, len(crowd.at))
        gap *= np.where(dice.random(len(gap)) < 0.01, dice.uniform(3, 20, len(gap)), 1)
        chances = chances / chances.sum(axis=1, keepdims=True)
        for one in log.incidents:
            _disturb(one, crowd, chances, names, log)
        after = (np.cumsum(chances, axis=1) < dice.random((len(gap), 1)) * chances.sum(axis=1, keepdims=True)).sum(
            axis=1
        )
        gap = np.where(after == (names.index("error") if "error" in names else -1), gap / median[crowd.state] * 30, gap)
        for one in log.incidents:
            if one.kind == "slow":
                gap = np.where(
                    _touched(one, crowd, names, log) & (after == names.index(one.b)), gap * one.strength, gap
                )
        gone = (after == names.index(LEAVES)) | (crowd.at + gap > log.starts_at + log.seconds)
        crowd = replace(crowd, at=crowd.at + gap, state=after).picked(~gone)
        if not len(crowd.at):
            break
    return parts


def _touched(one: Incident, crowd: _Crowd, names: Sequence[str], log: Made) -> NDArray[np.bool_]:
    inside = (crowd.at >= log.instant(one.begins)) & (crowd.at < log.instant(one.ends))
    if one.segment:
        inside &= crowd.segments[one.segment[0]] == one.segment[1]
    if one.kind == "stop":
        return inside
    if one.kind == "loop":
        return inside & np.isin(crowd.state, [names.index(one.a), names.index(one.b)])
    return inside & (crowd.state == names.index(one.a))


def _disturb(one: Incident, crowd: _Crowd, chances: NDArray[np.float64], names: Sequence[str], log: Made) -> None:
    """The chances of what comes next, changed in place where the incident is at work."""
    rows = np.flatnonzero(_touched(one, crowd, names, log))
    a, b, leaves = names.index(one.a), names.index(one.b), names.index(LEAVES)
    if one.kind in ("fall", "segment", "stop"):
        lost = chances[rows, b] * (1 if one.kind == "stop" else 1 - one.strength)
        chances[rows, b] -= lost
        if one.kind != "stop":
            chances[rows, leaves] += lost
    elif one.kind in ("rise", "drop", "new"):
        chances[rows] *= 1 - one.strength
        chances[rows, leaves if one.kind == "drop" else b] += one.strength
    elif one.kind == "loop":
        chances[rows] *= 1 - one.strength
        chances[rows, np.where(crowd.state[rows] == a, b, a)] += one.strength


def _extra(dice: np.random.Generator, of: World, crowd: _Crowd, log: Made) -> list[dict[str, NDArray[np.generic]]]:
    """What bots and crowds do: `strength` events."""
    parts = []
    for one in log.incidents:
        if one.kind not in ("bot", "crowd"):
            continue
        count, top = int(one.strength), int(crowd.client.max()) + 1
        client = np.full(count, top) if one.kind == "bot" else top + np.arange(count)
        at = dice.uniform(log.instant(one.begins), log.instant(one.ends), count)
        chosen = dice.integers(0, len(crowd.at), 1 if one.kind == "bot" else count)
        segments = {name: np.resize(column[chosen], count) for name, column in crowd.segments.items()}
        state = np.full(count, of.names.index(one.a))
        parts.append(_rows(of.names, _Crowd(client, at, state, np.zeros(count), segments)))
    return parts


def _rows(names: Sequence[str], crowd: _Crowd) -> dict[str, NDArray[np.generic]]:
    return {
        "client": crowd.client,
        "at": (crowd.at * 1e6).astype(np.int64),
        "what": np.array(names)[crowd.state],
        **crowd.segments,
    }


_STEPS = {
    "shop": (
        ("cart", "delivery"),
        ("delivery", "payment"),
        ("payment", "paid"),
        ("catalog", "product"),
        ("product", "cart"),
    ),
    "service": (("enquiry", "call back"), ("call back", "first meeting"), ("first meeting", "proposal")),
}
_RISES = {
    "shop": (("product", "cart"), ("home", "search")),
    "service": (("session", "survey"), ("proposal", "question")),
}
KINDS = ("fall", "rise", "drop", "slow", "stop", "bot", "crowd", "loop", "new", "segment")


def an_incident(seed: int, kind: str, world: str, with_segment: bool) -> Incident:
    """An incident of a kind at a place, time and in a segment by the dice; big enough to matter to somebody."""
    dice = np.random.default_rng((seed, KINDS.index(kind)))
    ways = _RISES if kind == "rise" else _STEPS
    a, b = ways[world][dice.integers(len(ways[world]))]
    begins = dice.uniform(0.2, 0.65)
    ends = begins + dice.uniform(0.07, 0.2)
    column = list(WORLDS[world].segments)[dice.integers(3)]
    value = list(WORLDS[world].segments[column])[dice.integers(2)]
    segment = (column, value) if with_segment or kind == "segment" else None
    strength = {
        "fall": 0.4,
        "segment": 0.55,
        "drop": 0.35,
        "slow": 6.0,
        "loop": 0.45,
        "new": 0.2,
        "rise": 0.35,
        "bot": 4_000.0,
        "crowd": 800.0,
    }
    if kind == "new":
        b = "error"
    if kind == "loop" and world == "service":
        a, b = "proposal", "question"
    if kind == "segment":
        begins, ends = 0.0, 1.0
    if kind in ("bot", "crowd"):
        segment, ends = None, begins + 0.05
    return Incident(kind, a, b, strength.get(kind, 1.0), begins, ends, segment)
