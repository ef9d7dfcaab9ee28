"""Dates as people and spreadsheets write them; the order of day and month is found from the whole column."""

import re
from collections.abc import Iterable
from datetime import date, timedelta

_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ].*)?")
_NUMBERS = re.compile(r"(\d{1,2})[-/. ]+(\d{1,2})[-/. ]+(\d{4}|\d{2})(?:[ ,T].*)?")
_DAY_FIRST = re.compile(r"(\d{1,2})(?:st|nd|rd|th|\.)?[ -]+([^\W\d]{3,9})\.?,?[ -]+(\d{4})")
_MONTH_FIRST = re.compile(r"([^\W\d]{3,9})\.? +(\d{1,2})(?:st|nd|rd|th)?,? +(\d{4})")
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec"
_EXCEL_DAY_0 = date(1899, 12, 30)
_SERIALS = range(3_000, 80_000)  # 1908 .. 2119


def read(text: str, order: str) -> date | None:
    """The date, or None. order: ymd, dmy or mdy for dates of three numbers; "" takes day first unless impossible."""
    clean = text.strip()
    if found := _ISO.fullmatch(clean):
        return _date(found[1], found[2], found[3])
    if found := _NUMBERS.fullmatch(clean):
        day, month = (found[2], found[1]) if order == "mdy" else (found[1], found[2])
        return _date(_century(found[3]), month, day)
    if found := _DAY_FIRST.fullmatch(clean):
        return _date(found[3], _month(found[2]), found[1])
    if found := _MONTH_FIRST.fullmatch(clean):
        return _date(found[3], _month(found[1]), found[2])
    if clean.isascii() and clean.isdigit() and int(clean) in _SERIALS:
        return _EXCEL_DAY_0 + timedelta(days=int(clean))
    return None


def is_date(text: str) -> bool:
    """Whether it is a date in any order (a bare number is not: it could be anything)."""
    return not text.strip().isdigit() and (read(text, "dmy") is not None or read(text, "mdy") is not None)


def order_of(texts: Iterable[str]) -> str:
    """What a column shows: dmy, mdy, "" when nothing shows it, "mixed" when some show one and some the other."""
    day_first = month_first = False
    for text in texts:
        found = _NUMBERS.fullmatch(text.strip())
        if found and int(found[1]) != int(found[2]):
            day_first |= int(found[1]) > 12
            month_first |= int(found[2]) > 12
    if day_first and month_first:
        return "mixed"
    return "dmy" if day_first else "mdy" if month_first else ""


def needs_order(text: str) -> bool:
    """Whether this one could be read two ways or shows the order: three numbers, the year last."""
    return _NUMBERS.fullmatch(text.strip()) is not None


def _date(year: str | int, month: str | int, day: str | int) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def _month(name: str) -> int:
    place = _MONTHS.find(name[:3].lower())
    return place // 4 + 1 if place >= 0 and place % 4 == 0 else 0


def _century(year: str) -> int:
    if len(year) == 4:
        return int(year)
    return int(year) + (1900 if int(year) > 40 else 2000)
