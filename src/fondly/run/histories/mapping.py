"""The map: how another system's event log reads in the words of a playbook."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fondly.core.playbook.model import Playbook
from fondly.run.journeys.exits import REASONS

_COLUMNS = ("case", "activity", "time", "amount", "resource", "lifecycle")
_KEYS = {*_COLUMNS, "playbook", "keep", "activities", "client", "matter"}
_FEELINGS = {"-2": -2, "-1": -1, "0": 0, "1": 1, "+1": 1, "2": 2, "+2": 2}
_MEANINGS = {"event", "stage", "touchpoint", "exit", "feeling", "solved", "contact"}


class MapError(Exception):
    """The map cannot be used; the message says where and how to mend it."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What one activity is in the playbook. A stage is entered, an exit ends the journey."""

    event: str = ""
    stage: str = ""
    touchpoint: str = ""
    exit: str = ""
    feeling: int | None = None
    solved: str = ""
    contact: bool = False


@dataclass(frozen=True, slots=True)
class HistoryMap:
    """columns: our word -> the log's column. keep: lifecycles that count; empty means all."""

    playbook: str
    columns: Mapping[str, str]
    activities: Mapping[str, Meaning]
    keep: frozenset[str] = frozenset()
    client: str = "Client {case}"
    matter: str = ""


def read_map(data: Any) -> HistoryMap:
    """Check the parsed YAML. Raises MapError."""
    if not isinstance(data, Mapping):
        raise MapError("The map must be a list of keys: playbook, case, activity, time, activities.")
    _known(data, _KEYS, "the map")
    for key in ("playbook", "case", "activity", "time", "activities"):
        if not data.get(key):
            raise MapError(f"The map has no `{key}:`. It needs playbook, case, activity, time and activities.")
    if not isinstance(data["activities"], Mapping):
        raise MapError("`activities:` must list each activity with its meaning, e.g. `A_SENT: {event: offer_sent}`.")
    keep = data.get("keep") or {}
    _known(keep, {"lifecycle"}, "`keep:`")
    return HistoryMap(
        playbook=str(data["playbook"]),
        columns={name: str(data[name]) for name in _COLUMNS if data.get(name)},
        activities={str(name): _meaning(str(name), value) for name, value in data["activities"].items()},
        keep=frozenset(str(value).lower() for value in keep.get("lifecycle", ())),
        client=_pattern(data, "client", "Client {case}"),
        matter=_pattern(data, "matter", ""),
    )


def fits(history_map: HistoryMap, playbook: Playbook) -> tuple[str, ...]:
    """Everything in the map that the playbook does not know, as sentences; empty when it fits."""
    touchpoints = {t.name for t in playbook.touchpoints()}
    events = set(playbook.events) | {e for s in playbook.stages.values() for e in (s.starts, s.ends) if e}
    problems = []
    for activity, meaning in history_map.activities.items():
        for word, name, known in (
            ("stage", meaning.stage, set(playbook.stages)),
            ("touchpoint", meaning.touchpoint, touchpoints),
            ("event", meaning.event, events),
        ):
            if name and name not in known:
                problems.append(f"{activity}: the playbook has no {word} {name!r}.{_near(name, known)}")
    return tuple(problems)


def _meaning(activity: str, value: Any) -> Meaning:
    value = {} if value is None else value
    if not isinstance(value, Mapping):
        raise MapError(
            f"activities.{activity}: write its meaning as {{event: x}}, {{stage: x}}, {{touchpoint: x}} or {{exit: x}}."
        )
    _known(value, _MEANINGS, f"activities.{activity}")
    reason = str(value.get("exit") or "")
    if reason and reason not in REASONS:
        raise MapError(
            f"activities.{activity}: {reason!r} is not an exit reason; one of: {', '.join(sorted(REASONS))}."
        )
    feeling = value.get("feeling")
    if feeling is not None and str(feeling) not in _FEELINGS:
        raise MapError(f"activities.{activity}: a feeling is -2, -1, 0, 1 or 2, not {feeling!r}.")
    return Meaning(
        event=str(value.get("event") or ""),
        stage=str(value.get("stage") or ""),
        touchpoint=str(value.get("touchpoint") or ""),
        exit=reason,
        feeling=None if feeling is None else _FEELINGS[str(feeling)],
        solved=str(value.get("solved") or ""),
        contact=str(value.get("contact") or "").lower() in ("yes", "true"),
    )


def _pattern(data: Mapping[str, Any], key: str, default: str) -> str:
    text = str(data.get(key) or default)
    try:
        text.format(case="1")
    except (KeyError, IndexError, ValueError) as error:
        raise MapError(f"`{key}: {text}` may only use {{case}}.") from error
    return text


def _known(data: Any, allowed: set[str], where: str) -> None:
    if not isinstance(data, Mapping):
        raise MapError(f"{where} must be keys and values.")
    for key in data:
        if key not in allowed:
            raise MapError(f"{where}: {key!r} is not known.{_near(str(key), allowed)}")


def _near(name: str, known: set[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f" Did you mean {near[0]}?" if near else f" It has: {', '.join(sorted(known)) or 'none'}."
