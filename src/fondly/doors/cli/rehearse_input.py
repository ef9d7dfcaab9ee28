"""What somebody typed after `fondly rehearse`, checked and turned into values."""

import argparse
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any

from fondly.core.planner.compiled import ready
from fondly.core.planner.conditions import ConditionError, parse_condition
from fondly.core.planner.model import Ghost
from fondly.core.planner.timing import instant
from fondly.core.planner.zones import YEARS, find_zone
from fondly.core.playbook.model import Playbook
from fondly.core.playbook.near import near
from fondly.doors.cli.playbook import load

MOST_DAYS = 3700
MOST_CLIENTS = 5000
YES_NO = {"yes": True, "true": True, "no": False, "false": False}


class InputError(ValueError):
    """One line about what was typed: what is wrong and how to mend it."""


def load_playbook(name: str) -> Playbook:
    """A playbook file, a folder with playbook.yaml, or a starter by its trade."""
    from pathlib import Path

    from fondly.core.playbook.reading import read

    playbook = load(name) if name == "-" or Path(name).exists() else read(_starter(name), source=name)
    if not playbook.stages:
        raise InputError("the playbook has no stages, so there is nothing to live through; add some under `stages:`")
    return playbook


def _starter(name: str) -> str:
    from importlib.resources import files

    folder = files("fondly.core.playbook") / "starters"
    trades = sorted(p.name.removesuffix(".yaml") for p in folder.iterdir() if p.name.endswith(".yaml"))
    if name not in trades:
        raise InputError(f'there is no file "{name}" and no starter of that name; {_meant(name, trades)}')
    return (folder / f"{name}.yaml").read_text(encoding="utf-8")


def ghost_of(args: argparse.Namespace, playbook: Playbook) -> Ghost:
    """The made-up client. Raises InputError."""
    zone = zone_name(args.zone, playbook)
    start = start_of(args.start, zone)
    events = tuple(_event(text, playbook, zone) for text in args.event)
    for name, at in events:
        if at < start:
            raise InputError(f"--event {name} lies before the start; begin earlier, or in a later stage with --stage")
    return Ghost(
        start=start,
        stage=_known("stage", args.stage, playbook.stages),
        zone=zone,
        persona=_known("persona", args.persona, playbook.personas),
        fields=dict(_field(text, playbook, zone) for text in args.field),
        events=events,
    )


def zone_name(given: str | None, playbook: Playbook) -> str:
    name = playbook.timezone if given is None else given
    if find_zone(name) is None:
        if given is None:
            return "UTC"
        from zoneinfo import available_timezones

        raise InputError(f'there is no time zone "{given}"; {_meant(given, available_timezones(), "America/New_York")}')
    return name


def start_of(text: str | None, zone: str) -> datetime:
    return datetime.now(UTC).replace(second=0, microsecond=0) if text is None else _moment(text, zone, "--start")


def days_of(args: argparse.Namespace, usual: int) -> int:
    if args.year and args.days:
        raise InputError("--year and --days say two things; keep one")
    days = 365 if args.year else usual if args.days is None else args.days
    if not 1 <= days <= MOST_DAYS:
        raise InputError(f"--days must be between 1 and {MOST_DAYS}, not {days}")
    return int(days)


def clients_of(args: argparse.Namespace) -> int:
    if not 1 <= args.clients <= MOST_CLIENTS:
        raise InputError(f"--clients must be between 1 and {MOST_CLIENTS}, not {args.clients}")
    return int(args.clients)


def refuse_one_client_options(args: argparse.Namespace) -> None:
    for name in ("stage", "persona", "event", "field"):
        if getattr(args, name):
            raise InputError(f"--{name} is about one client and cannot be used with --clients")


def _moment(text: str, zone: str, what: str) -> datetime:
    """An ISO date and time; without an offset it is meant in the zone. UTC."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise InputError(f'{what}: "{text}" is not a date and time; write 2026-01-05T09:00') from None
    if found.year not in YEARS:
        raise InputError(f'{what}: "{text}" is not a year we can plan in ({YEARS[0]} to {YEARS[-1]})')
    if found.tzinfo is not None:
        return found.astimezone(UTC)
    place = find_zone(zone)
    return found.replace(tzinfo=UTC) if place is None else instant(found.date(), found.time(), place)


def _known(what: str, given: str | None, names: Iterable[str]) -> str:
    known = list(names)
    if given and given not in known:
        raise InputError(f'the playbook has no {what} "{given}"; {_meant(given, known)}')
    return given or ""


def _meant(given: str, known: Iterable[str], example: str = "") -> str:
    names = sorted(known)
    meant = near(given, names) or next((name for name in names if name.casefold() == given.casefold()), "")
    if meant:
        return f"did you mean {meant}?"
    if example:
        return f"write for example {example}"
    return f"known are: {', '.join(names)}" if names else "there are none"


def known_events(playbook: Playbook) -> frozenset[str]:
    """Every signal that this playbook can hear."""
    found = {*ready(playbook).events, "contact", "exited"}
    for touchpoint in playbook.touchpoints():
        found |= {f"{touchpoint.name}.done", f"{touchpoint.name}.replied"}
    found |= {f"{name}.answered" for name in playbook.surveys}
    return frozenset(found | {"promise.broken", "promise.changed", "promise.kept"})


def _event(text: str, playbook: Playbook, zone: str) -> tuple[str, datetime]:
    """proposal_accepted@2026-01-12T15:00, or nps.answered=9@2026-02-01T10:00"""
    signal, sign, when = text.rpartition("@")
    if not sign or not signal:
        raise InputError(f'--event "{text}" needs a name and a time: proposal_accepted@2026-01-12T15:00')
    name = signal.partition("=")[0]
    known = known_events(playbook)
    if name not in known:
        plain = sorted(k for k in known if "." not in k)
        raise InputError(f'nothing in the playbook waits for the event "{name}"; {_meant(name, plain)}')
    return signal, _moment(when, zone, f"--event {name}")


def _field(text: str, playbook: Playbook, zone: str) -> tuple[str, Any]:
    name, sign, value = text.partition("=")
    if not sign or not name:
        raise InputError(f'--field "{text}" needs a name and a value: birthday=1980-02-29')
    known = playbook.fields.get(name)
    if known is None:
        names = {*playbook.fields, *_asked(playbook)}
        if name not in names:
            raise InputError(f'the playbook has no field "{name}"; {_meant(name, names)}')
    return name, _value(name, known.type if known else "", value.strip(), zone, known.choices if known else ())


def _asked(playbook: Playbook) -> set[str]:
    """What conditions ask about that is neither a field nor a happening: inquiry, nps."""
    found: set[str] = set(playbook.surveys)
    for touchpoint in playbook.touchpoints():
        try:
            found.update(parse_condition(touchpoint.condition).names if touchpoint.condition else ())
        except ConditionError:
            continue
    return {name for name in found if "." not in name and name not in ("persona", "replied", "stage")}


def _value(name: str, kind: str, text: str, zone: str, choices: tuple[str, ...]) -> Any:
    if kind == "date":
        return _date(name, text)
    if kind == "datetime":
        return _moment(text, zone, f"--field {name}")
    if kind == "yes_no":
        if text.casefold() not in YES_NO:
            raise InputError(f'--field {name}: write yes or no, not "{text}"')
        return YES_NO[text.casefold()]
    if choices and text not in choices:
        raise InputError(f'--field {name}: "{text}" is no choice; {_meant(text, choices)}')
    return _number(text) if kind in ("number", "") else text


def _date(name: str, text: str) -> date:
    try:
        return date.fromisoformat(text[:10] if "T" in text else text)
    except ValueError:
        raise InputError(f'--field {name}: "{text}" is not a date; write 2026-01-31') from None


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text
