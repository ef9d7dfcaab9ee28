"""How times, money, feelings and numbers are written for people."""

import math
from collections.abc import Callable
from datetime import date, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.formats import date_format, get_format, number_format
from django.utils.translation import gettext_lazy, ngettext

from fondly.core.words import heading
from fondly.ground import clock
from fondly.ground.wording import gettext as _
from fondly.ground.wording import in_words, language

# value, class, word: the five steps of how a client feels. Face, word and number always go together.
FEELINGS: tuple[tuple[int, str, Any], ...] = (
    (-2, "m2", gettext_lazy("unhappy")),
    (-1, "m1", gettext_lazy("uneasy")),
    (0, "z0", gettext_lazy("even")),
    (1, "p1", gettext_lazy("glad")),
    (2, "p2", gettext_lazy("delighted")),
)
TOO_FEW = 10  # below this many answers a number says nothing
_MINUS = "−"
_EXPONENTS = {"JPY": 0, "KRW": 0, "VND": 0, "CLP": 0, "ISK": 0, "BHD": 3, "KWD": 3, "OMR": 3, "TND": 3, "JOD": 3}
_SIGNS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "INR": "₹"}
_UNITS = (("days", 86400), ("hours", 3600), ("minutes", 60))


def when(value: datetime | date | None, zone: str | tzinfo | None = None) -> str:
    """ "Fri 16:00" within a week, "14 Nov" this year, "14 Nov 2025" else. zone: a name; none = the viewer's."""
    if value is None:
        return ""
    today = _here(clock.now(), zone).date()
    return near(_here(value, zone), today) if isinstance(value, datetime) else _day(value, today)


def near(local: datetime, today: date) -> str:
    """The same for an instant in the viewer's zone: a long list finds out the zone and the day only once."""
    hour = f"{local:%H:%M}"  # much quicker than date_format, and the same in every language
    away = (local.date() - today).days
    if -1 <= away <= 1:
        words = (_("today %(hour)s"), _("tomorrow %(hour)s"), _("yesterday %(hour)s"))[away]
        return words % {"hour": hour}
    return f"{_dated(local.date(), 'D', language())} {hour}" if abs(away) < 7 else _day(local.date(), today)


def day(value: datetime | date | None, zone: str | tzinfo | None = None) -> str:
    """Only the day: "today", "Fri", "14 Nov"."""
    if value is None:
        return ""
    on = _here(value, zone).date() if isinstance(value, datetime) else value
    return _day(on, _here(clock.now(), zone).date())


def _day(on: date, today: date) -> str:
    words = {0: _("today"), 1: _("tomorrow"), -1: _("yesterday")}
    away = (on - today).days
    if away in words:
        return words[away]
    if abs(away) < 7:
        return _dated(on, "l" if away > 0 else "D j M", language())
    return _dated(on, "j M" if on.year == today.year else "j M Y", language())


@lru_cache(maxsize=8192)
def _dated(on: date, pattern: str, _language: str) -> str:
    return date_format(on, pattern)


def exactly(value: datetime | None, zone: str | tzinfo | None = None) -> str:
    """The full instant, for titles: "Friday 14 November 2025, 16:00"."""
    return date_format(_here(value, zone), "l j F Y, H:i") if value else ""


def hour(value: datetime | None, zone: str | tzinfo | None = None) -> str:
    return date_format(_here(value, zone), "H:i") if value else ""


def for_input(value: datetime | None, zone: str | tzinfo | None = None) -> str:
    """As <input type=datetime-local> wants it, in the zone."""
    return _here(value, zone).strftime("%Y-%m-%dT%H:%M") if value else ""


def ago(value: datetime | None) -> str:
    """ "2 hours": how long between then and now, in the largest fitting unit, never negative."""
    return span(abs(clock.now() - value)) if value else ""


def span(length: timedelta) -> str:
    seconds = int(length.total_seconds())
    unit, size = next(((u, s) for u, s in _UNITS if seconds >= s), ("minutes", 60))
    return _counted(seconds // size, unit, language())


@lru_cache(maxsize=8192)
def _counted(count: int, unit: str, _language: str) -> str:
    if unit == "days":
        return ngettext("%(n)d day", "%(n)d days", count) % {"n": count}
    if unit == "hours":
        return ngettext("%(n)d hour", "%(n)d hours", count) % {"n": count}
    return ngettext("%(n)d minute", "%(n)d minutes", count) % {"n": count}


def minutes(count: int) -> str:
    """ "40 minutes", "2 h 10 min"."""
    if count < 90:
        return ngettext("%(n)d minute", "%(n)d minutes", count) % {"n": count}
    hours, rest = divmod(count, 60)
    return _("%(h)d h %(m)d min") % {"h": hours, "m": rest} if rest else _("%(h)d h") % {"h": hours}


def money(minor: int | None, currency: str = "") -> str:
    """Integer minor units and an ISO code: 125000, "USD" -> "$1,250"."""
    if minor is None:
        return ""
    places = _EXPONENTS.get(currency, 2)
    whole, rest = divmod(abs(minor), 10**places)
    amount = _grouped(whole, language()) + (f"{_point(language())}{rest:0{places}}" if rest else "")
    sign = _MINUS if minor < 0 else ""
    return f"{sign}{_SIGNS[currency]}{amount}" if currency in _SIGNS else f"{sign}{amount} {currency}".strip()


@lru_cache(maxsize=8192)
def _grouped(whole: int, _language: str) -> str:
    return number_format(whole, use_l10n=True, force_grouping=True)


@lru_cache(maxsize=64)
def _point(_language: str) -> str:
    return str(get_format("DECIMAL_SEPARATOR"))


def feeling(value: float | None) -> str:
    """The word for a feeling of -2..+2 (rounded to the nearest step, halves away from zero)."""
    return "" if value is None else str(FEELINGS[step(value) + 2][2])


def feeling_class(value: float | None) -> str:
    return "none" if value is None else FEELINGS[step(value) + 2][1]


def signed(value: float | None, places: int = 0) -> str:
    """ "+1", "−2", "0": with a real minus sign."""
    if value is None:
        return ""
    text = f"{abs(value):.{places}f}"
    return text if float(text) == 0 else (f"+{text}" if value > 0 else f"{_MINUS}{text}")


def direction(recent: list[float] | None) -> str:
    """Where a run of feelings (newest last) is heading: "rising", "falling", "steady"; "" with fewer than two."""
    if not recent or len(recent) < 2:
        return ""
    before = sum(recent[:-1]) / len(recent[:-1])
    change = recent[-1] - before
    return _("rising") if change >= 0.5 else _("falling") if change <= -0.5 else _("steady")


def n_range(value: float | None, low: float, high: float, n: int, places: int = 0) -> str:
    """ "42 (28 to 55), 84 answers"; fewer than ten: "too few to say (7 answers)"."""
    answers = ngettext("%(n)d answer", "%(n)d answers", n) % {"n": n}
    if n < TOO_FEW or value is None:
        return _("too few to say (%(answers)s)") % {"answers": answers}
    shown = [f"{x:.{places}f}".replace("-", _MINUS) for x in (value, low, high)]
    return _("%(value)s (%(low)s to %(high)s), %(answers)s") % {
        "value": shown[0], "low": shown[1], "high": shown[2], "answers": answers
    }  # fmt: skip


def words(name: str | None) -> str:
    """A name of the playbook as people read it: "home_visit" -> "Home visit"."""
    return heading((name or "").replace(".", ": "))


def capped(count: int, most: int = 99) -> str:
    return f"{most}+" if count > most else str(count)


def step(value: float) -> int:
    """The nearest of the five faces: -2..+2, halves away from zero."""
    return max(-2, min(2, int(math.copysign(math.floor(abs(value) + 0.5), value))))


def _here(value: datetime, zone: str | tzinfo | None) -> datetime:
    place = ZoneInfo(zone) if isinstance(zone, str) and zone else zone
    return value.astimezone(place if isinstance(place, tzinfo) else timezone.get_current_timezone())


FILTERS: dict[str, Callable[..., Any]] = {
    "when": when, "day": day, "exactly": exactly, "hour": hour, "for_input": for_input, "ago": ago, "span": span,
    "minutes": minutes, "money": money, "feeling": feeling, "feeling_class": feeling_class, "signed": signed,
    "direction": direction, "n_range": n_range, "words": words, "in_words": in_words, "capped": capped,
}  # fmt: skip
