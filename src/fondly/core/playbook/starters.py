"""The starters: a whole playbook for each of twelve trades, to copy and change."""

from dataclasses import dataclass
from importlib.resources import files

TITLES = {
    "realtor": "Realtor",
    "mortgage_broker": "Mortgage broker",
    "coach": "Coach",
    "cpa": "CPA, bookkeeper",
    "financial_adviser": "Financial adviser",
    "insurance_agent": "Property and casualty insurance agent",
    "therapist": "Therapist, counselor",
    "agency": "Agency",
    "lawn_service": "Seasonal lawn service",
    "artist": "Artist, one-off commissions",
    "online_shop": "Online shop",
    "software": "Software company",
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
