"""The starters: a whole playbook for each of twelve trades, to copy and change."""

from dataclasses import dataclass
from importlib.resources import files

from fondly.core.words import say

TITLES = {
    "realtor": say("Realtor"),
    "mortgage_broker": say("Mortgage broker"),
    "coach": say("Coach"),
    "cpa": say("CPA, bookkeeper"),
    "financial_adviser": say("Financial adviser"),
    "insurance_agent": say("Property and casualty insurance agent"),
    "therapist": say("Therapist, counselor"),
    "agency": say("Agency"),
    "lawn_service": say("Seasonal lawn service"),
    "artist": say("Artist, one-off commissions"),
    "online_shop": say("Online shop"),
    "software": say("Software company"),
}


@dataclass(frozen=True, slots=True)
class Trade:
    """name: as in `fondly new --trade`; title: as people read it."""

    name: str
    title: str


def trades() -> tuple[Trade, ...]:
    """All trades there is a starter for."""
    return tuple(Trade(name, title) for name, title in TITLES.items())


def starter(name: str) -> str:
    """The text of a starter. Raises KeyError for a trade there is none for."""
    if name not in TITLES:
        raise KeyError(name)
    return (files("fondly.core.playbook") / "starters" / f"{name}.yaml").read_text(encoding="utf-8")
