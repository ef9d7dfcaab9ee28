"""The people one meets first, by trade: where they stand, and what makes them worth looking at."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Part:
    """days: how long ago they entered `stage`, where they are now."""

    name: str
    stage: str
    days: float
    kind: str = "person"
    persona: str = ""
    memory: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """Something said or done lately. ago: before now."""

    name: str
    ago: timedelta
    kind: str
    text: str
    channel: str = "phone"
    feeling: int | None = None
    solved: str = ""


PARTS: dict[str, tuple[Part, ...]] = {
    "realtor": (
        Part("Priya Shah", "selling", 41, persona="first_time_sellers", memory="Her mother lives with her."),
        Part(
            "Tom Weld", "selling", 20, persona="downsizers", memory="Forty years in the house; the garden is hardest."
        ),
        Part("Ana Ruiz", "intake", 9, persona="relocating_families", memory="Worries about schools first."),
        Part("The Okafors", "new", 2, kind="household", persona="relocating_families"),
        Part("Ken Ito", "intake", 6, persona="downsizers", memory="Wants every number in writing."),
        Part("J. Mbeki", "new", 5, persona="first_time_sellers"),
    ),
}

LINES: dict[str, tuple[Line, ...]] = {
    "realtor": (
        Line("Priya Shah", timedelta(days=21), "call", "Check-in call, twelve minutes.", feeling=1, solved="yes"),
        Line("Priya Shah", timedelta(days=8), "received", "Nobody told us they were coming.", "sms", -1, "yes"),
        Line("Tom Weld", timedelta(hours=20), "received", "Two visits and no word about either.", "email", -2, "no"),
        Line("Ana Ruiz", timedelta(days=6), "call", "She asked about schools near the park.", feeling=0),
        Line("The Okafors", timedelta(hours=26), "received", "The children found our tree on the map.", "sms", 2),
        Line("Ken Ito", timedelta(days=2), "meeting", "Measured every room together.", "visit", 1, "yes"),
    ),
}
