"""Small questions about words and lengths that several rules ask."""

import re
from functools import lru_cache

from fondly.core.playbook.model import Duration, Touchpoint

DAYS_PER = {
    "minutes": 1 / 1440, "hours": 1 / 24, "days": 1.0, "weeks": 7.0, "months": 30.0, "business days": 1.4,
    "business months": 30.0,
}  # fmt: skip
MESSAGES = frozenset({"email", "sms", "text", "whatsapp", "chat", "portal", "letter", "card", "push"})
WRITTEN_FAST = frozenset({"email", "sms", "text", "whatsapp", "push"})


def days(length: Duration | None) -> float:
    """About how many days; 0 for None."""
    return length.count * DAYS_PER[length.unit] if length else 0.0


def visible(text: str) -> str:
    """The text without its placeholders and tags."""
    return re.sub(r"\{\{.*?\}\}|\{%.*?%\}", " ", text, flags=re.DOTALL)


def has_phrase(text: str, phrase: str) -> bool:
    """The phrase occurs as whole words, whatever the case."""
    return phrase.strip() != "" and phrase.casefold().strip() in text.casefold() and bool(_whole(phrase).search(text))


@lru_cache(maxsize=1024)
def _whole(phrase: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(phrase.strip())}(?!\w)", re.IGNORECASE)


def is_message(touchpoint: Touchpoint) -> bool:
    """It is written to the client, not said or done."""
    return touchpoint.channel in MESSAGES


def offset(touchpoint: Touchpoint) -> float | None:
    """Days after the start of the stage; None when that is not known beforehand."""
    when = touchpoint.when
    if when is None or when.anchor.kind != "entry":
        return None
    if when.form == "on":
        return 0.0
    return days(when.step) if when.form in ("after", "every") else None
