"""The facts of a journey in one order, each once, and found by what they signal."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from fondly.core.planner.model import Fact

RANK = {"entered": 0, "exited": 2}  # at one instant: arrive, then what happened, then leave
TALKING = frozenset({"phone", "in_person", "video", "session", "visit", "meeting"})  # done there = two-way contact


def known_facts(facts: Iterable[Fact], now: datetime) -> tuple[list[Fact], datetime | None]:
    """The facts up to now in a settled order, duplicates once; and when the first later one happens."""
    past: list[Fact] = []
    seen: set[tuple[str, str, str]] = set()
    later: datetime | None = None
    for fact in facts:
        if fact.at > now:
            later = fact.at if later is None or fact.at < later else later
            continue
        if fact.id != "":
            mark = (fact.kind, fact.name, str(fact.id))
            if mark in seen:
                continue
            seen.add(mark)
        past.append(fact)
    past.sort(key=_order)
    return past, later


def _order(fact: Fact) -> tuple[datetime, int, int, int, str, str, str]:
    number = fact.id if isinstance(fact.id, int) else -1
    return fact.at, RANK.get(fact.kind, 1), int(number < 0), number, str(fact.id), fact.kind, fact.name


def signal_of(fact: Fact) -> str:
    """What a fact signals, in the words of a playbook: "proposal_accepted", "nps.answered", "promise.broken"."""
    match fact.kind:
        case "event":
            return fact.name
        case "done" | "sent":
            return f"{fact.name}.done"
        case "replied" | "answered":
            return f"{fact.name}.{fact.kind}"
        case "promise":
            return f"promise.{fact.name}"
        case "contact":
            return "contact"
        case _:
            return ""


def occurrence_id(fact: Fact) -> str:
    """What makes the moments of this fact differ from those of its neighbours, for ever."""
    return str(fact.id) if fact.id != "" else fact.at.strftime("%Y%m%dT%H%M%S%f")


class Signals:
    """The facts by what they signal, in order. A message `sent` and the same moment `done` signal once."""

    def __init__(self, facts: Iterable[Fact], channels: Mapping[str, str]) -> None:
        """channels: touchpoint -> channel; says which done touchpoints were a talk with the client."""
        self.by_name: dict[str, list[Fact]] = {}
        self.settled: dict[str, Fact] = {}
        self.loose: dict[str, list[Fact]] = {}  # done or skipped without a key, by touchpoint
        self.answers: dict[str, Fact] = {}
        self.contacts: list[datetime] = []
        self.sent: list[Fact] = []
        self._done: set[str] = set()
        for fact in facts:
            self._take(fact, channels)

    def _take(self, fact: Fact, channels: Mapping[str, str]) -> None:
        if fact.kind in ("done", "sent", "skipped"):
            self._settle(fact)
        elif fact.kind == "answered":
            self.answers[fact.name] = fact
        if fact.kind == "sent":
            self.sent.append(fact)
        if fact.kind in ("contact", "replied") or (fact.kind == "done" and channels.get(fact.name) in TALKING):
            self.contacts.append(fact.at)
        name = signal_of(fact)
        if name and not self._repeats(fact):
            self.by_name.setdefault(name, []).append(fact)

    def _settle(self, fact: Fact) -> None:
        if fact.key:
            self.settled.setdefault(fact.key, fact)
        elif fact.kind != "sent":
            self.loose.setdefault(fact.name, []).append(fact)

    def _repeats(self, fact: Fact) -> bool:
        """Whether this moment was already reported done or sent."""
        if fact.kind not in ("done", "sent") or not fact.key:
            return False
        if fact.key in self._done:
            return True
        self._done.add(fact.key)
        return False

    def named(self, name: str) -> list[Fact]:
        return self.by_name.get(name, [])
