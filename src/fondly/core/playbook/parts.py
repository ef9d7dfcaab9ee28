"""The small parts of a playbook, from plain values: words that need reading, and records without sentences."""

from collections.abc import Mapping
from datetime import date as Date
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from fondly.core.playbook.durations import UnreadableError
from fondly.core.playbook.model import Brand, ClientField, Persona, Role, Template
from fondly.core.words import say

Values = Mapping[str, Any]


def date(text: str) -> Date:
    try:
        return Date.fromisoformat(text.strip())
    except ValueError:
        raise UnreadableError(
            say('"{text}" is not a date', text=text), say('Write year, month and day: "2026-11-01".')
        ) from None


def zone(text: str) -> str:
    try:
        return ZoneInfo(text).key
    except Exception:  # ZoneInfo raises five kinds of errors for odd names
        raise UnreadableError(
            say('"{text}" is not a time zone', text=text), say('Write a region and a city: "America/New_York".')
        ) from None


def share(text: str) -> float:
    try:
        value = float(text.rstrip(" %")) / (100 if "%" in text else 1)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise UnreadableError(say('"{text}" is not a share', text=text), say('Write a percentage: "40%".'))
    return value


def scale(text: str) -> tuple[int, int]:
    low, _, high = text.replace("–", "-").replace(" to ", "-").partition("-")
    try:
        ends = int(low), int(high)
    except ValueError:
        ends = 0, 0
    if not 0 <= ends[0] < ends[1] <= 100:
        raise UnreadableError(
            say('"{text}" is not a scale', text=text), say('Write lowest and highest answer: "0-10".')
        )
    return ends


def brand(values: Values) -> Brand:
    voice = values.get("voice") or {}
    return Brand(
        values.get("story") or "",
        values.get("promise") or "",
        tuple(values.get("feel") or ()),
        tuple(voice.get("say") or ()),
        tuple(voice.get("avoid") or ()),
        values.get("typical") or "",
        texts(values.get("facts")),
    )


def persona(name: str, values: Values) -> Persona:
    return Persona(
        name,
        values.get("who") or "",
        values.get("behaves") or "",
        tuple(values.get("prefers") or ()),
        tuple(values.get("worries") or ()),
    )


def role(name: str, values: Values) -> Role:
    hours = values.get("hours_per_week")
    return Role(
        name,
        tuple(values.get("people") or ()),
        values.get("may_spend") or "",
        tuple(values.get("may_offer") or ()),
        None if hours is None else float(hours),
        values.get("department") or "",
    )


def field(name: str, values: Values) -> ClientField:
    return ClientField(
        name,
        values.get("type") or "text",
        values.get("from") or "",
        bool(values.get("optional")),
        tuple(values.get("choices") or ()),
    )


def template(name: str, values: Values) -> Template:
    return Template(
        name,
        values.get("body") or "",
        values.get("subject") or "",
        values.get("consent") or "",
        tuple(values.get("fills") or ()),
    )


def texts(values: Any) -> Mapping[str, str]:
    return MappingProxyType({key: value or "" for key, value in (values or {}).items()})


def frozen(values: Any) -> Mapping[str, Any]:
    """Maps frozen, lists as tuples, empty entries as empty maps."""
    if isinstance(values, dict) or values is None:
        return MappingProxyType({key: frozen_value(value) for key, value in (values or {}).items()})
    raise TypeError("a map is needed")


def frozen_value(value: Any) -> Any:
    if isinstance(value, dict) or value is None:
        return frozen(value)
    return tuple(value) if isinstance(value, list) else value
