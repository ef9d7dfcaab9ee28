"""The units lengths of time are counted in, and their words."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Literal

from fondly.core.words import Said, say, say_many

Unit = Literal["minutes", "hours", "days", "weeks", "months", "business days", "business months"]
ONE: Mapping[Unit, Said] = {
    "minutes": say("minute"),
    "hours": say("hour"),
    "days": say("day"),
    "weeks": say("week"),
    "months": say("month"),
    "business days": say("business day"),
    "business months": say("business month"),
}


@lru_cache(maxsize=1024)
def say_length(count: int, unit: Unit) -> Said:
    """1 day, 2 business days."""
    match unit:
        case "minutes":
            return say_many("{count} minute", "{count} minutes", count=count)
        case "hours":
            return say_many("{count} hour", "{count} hours", count=count)
        case "days":
            return say_many("{count} day", "{count} days", count=count)
        case "weeks":
            return say_many("{count} week", "{count} weeks", count=count)
        case "months":
            return say_many("{count} month", "{count} months", count=count)
        case "business days":
            return say_many("{count} business day", "{count} business days", count=count)
        case "business months":
            return say_many("{count} business month", "{count} business months", count=count)
