"""What changed between two playbooks, in words for people and as data."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, time
from typing import Any, Literal

from fondly.core.playbook.keys import WEEKDAYS
from fondly.core.playbook.model import Playbook, Stage, Touchpoint, When

Change_kind = Literal["added", "removed", "changed", "moved"]
_SKIPPED = {"marks", "sources", "stages", "name", "stage", "touchpoints", "extra", "when"}
_GROUPS = {
    "personas": "persona",
    "channels": "channel",
    "offers": "offer",
    "fields": "field",
    "inquiries": "inquiry kind",
    "recovery": "recovery",
    "documents": "document",
    "surveys": "survey",
    "targets": "target",
    "experiments": "experiment",
    "templates": "template",
    "checklists": "checklist",
    "values": "question",
    "target": "target share",
    "skip": "skipped rule",
    "caps": "limit",
    "reviews": "review place",
    "events": "event",
    "leaving": "leaving",
}
_WORDS = {
    "reviewed": "date of the last review",
    "timezone": "time zone",
    "sensitive": "mark for a sensitive practice",
    "when_text": "when",
    "condition": "if",
    "length": "length",
    "covers": "covers",
    "never_ends": "never ends",
    "leads_back_to": "leads back to",
    "may_spend": "may spend",
    "may_offer": "may offer",
    "reply_within": "reply within",
    "hours_per_week": "hours per week",
    "follow_up": "follow-up question",
    "survey_rest": "rest between surveys",
    "annual_review": "yearly review",
    "speak_up": "place to speak up",
}


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. path: where, "stages.new.touchpoints.move_box.when"; before, after: "" when there is none.

    text: in words; names of the playbook stand between two * signs.
    """

    kind: Change_kind
    path: str
    text: str
    before: str = ""
    after: str = ""

    def as_dict(self) -> dict[str, str]:
        return {field.name: getattr(self, field.name) for field in fields(self)}


def diff(a: Playbook, b: Playbook) -> tuple[Change, ...]:
    """From playbook a to playbook b. Empty when nothing that matters changed (comments, order of keys)."""
    return (*_top(a, b), *_stages(a, b), *_touchpoints(a, b))


def _top(a: Playbook, b: Playbook) -> Iterator[Change]:
    if a.name != b.name:
        yield _changed("name", "The name", a.name, b.name)
    for field in fields(Playbook):
        before, after = getattr(a, field.name), getattr(b, field.name)
        if field.name in _SKIPPED or before == after:
            continue
        if field.name in _GROUPS and isinstance(before, Mapping):
            yield from _entries(field.name, _GROUPS[field.name], before, after)
        elif field.name == "team":
            yield from _entries("team", "role", before.roles, after.roles)
            yield from _parts("team", "The team", before, after, {"roles"})
        elif is_dataclass(before) and is_dataclass(after) and field.name in ("brand", "calendar"):
            yield from _parts(field.name, f"The {field.name}", before, after, set())
        else:
            yield _changed(field.name, f"The {_word(field.name)}", before, after)


def _entries(path: str, noun: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    for name in [*before, *(name for name in after if name not in before)]:
        here, what = f"{path}.{name}", f"The {noun} *{name}*"
        if name not in after:
            yield Change("removed", here, f"{what} is removed", before=_say(before[name]))
        elif name not in before:
            yield Change("added", here, f"{what} is new", after=_say(after[name]))
        elif before[name] != after[name]:
            yield from _entry(here, what, before[name], after[name])


def _entry(path: str, what: str, before: Any, after: Any) -> Iterator[Change]:
    if is_dataclass(before) and is_dataclass(after):
        yield from _parts(path, what, before, after, set())
    elif isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in [*before, *(key for key in after if key not in before)]:
            if before.get(key) != after.get(key):
                yield _changed(f"{path}.{key}", f"{what}: {_word(key)}", before.get(key, ""), after.get(key, ""))
    else:
        yield _changed(path, what, before, after)


def _parts(path: str, what: str, before: Any, after: Any, skipped: set[str]) -> Iterator[Change]:
    for field in fields(before):
        old, new = getattr(before, field.name), getattr(after, field.name)
        if field.name in _SKIPPED | skipped or old == new:
            continue
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            yield from _entries(f"{path}.{field.name}", field.name.removesuffix("s"), old, new)
        else:
            yield _changed(f"{path}.{_key(field.name)}", f"{what}: {_word(field.name)}", old, new)


def _stages(a: Playbook, b: Playbook) -> Iterator[Change]:
    for name in [*a.stages, *(name for name in b.stages if name not in a.stages)]:
        path, what = f"stages.{name}", f"The stage *{name}*"
        if name not in b.stages:
            yield Change("removed", path, f"{what} is removed", before=name)
        elif name not in a.stages:
            yield Change("added", path, f"{what} is new, {_position(b, name)}", after=name)
        else:
            yield from _parts(path, what, a.stages[name], b.stages[name], {"phase"} if _phase(a, b, name) else set())
            if a.stages[name].extra != b.stages[name].extra:
                before, after = a.stages[name].extra.get("leaving", ""), b.stages[name].extra.get("leaving", "")
                yield _changed(f"{path}.leaving", f"{what}: leaving", before, after)
    order = [name for name in a.stages if name in b.stages]
    if order != [name for name in b.stages if name in a.stages]:
        yield Change("moved", "stages", "The order of the stages changes", ", ".join(a.stages), ", ".join(b.stages))


def _phase(a: Playbook, b: Playbook, name: str) -> bool:
    return a.stages[name].phase == b.stages[name].phase


def _position(playbook: Playbook, name: str) -> str:
    names = list(playbook.stages)
    at = names.index(name)
    return f"after *{names[at - 1]}*" if at else "at the beginning"


def _touchpoints(a: Playbook, b: Playbook) -> Iterator[Change]:
    old = {t.name: t for t in a.touchpoints()}
    new = {t.name: t for t in b.touchpoints()}
    for name in [*old, *(name for name in new if name not in old)]:
        if name not in new:
            t = old[name]
            yield Change(
                "removed", _path(t), f"{_stage(a, t)}: touchpoint *{_shown(name)}* is removed", before=_sentence(t)
            )
        elif name not in old:
            t = new[name]
            yield Change(
                "added",
                _path(t),
                f"{_stage(b, t)}: new touchpoint *{_shown(name)}*, {_sentence(t)}",
                after=_sentence(t),
            )
        elif old[name] != new[name]:
            yield from _touchpoint(a, b, old[name], new[name])


def _touchpoint(a: Playbook, b: Playbook, old: Touchpoint, new: Touchpoint) -> Iterator[Change]:
    what = f"{_stage(b, new)}: touchpoint *{_shown(new.name)}*"
    if old.stage != new.stage:
        yield Change("moved", _path(new), f"{what} comes from the stage {_stage(a, old)}", old.stage, new.stage)
    if old.when_text != new.when_text:
        yield Change("changed", f"{_path(new)}.when", f"{what} {_moves(old, new)}", old.when_text, new.when_text)
    yield from _parts(_path(new), what, old, new, {"when_text"})


def _moves(old: Touchpoint, new: Touchpoint) -> str:
    """`moves from 2 to 3 days after agreement signed` when only the length changes."""
    before, after = old.when, new.when
    if before and after and _same_but_step(before, after) and before.step and after.step:
        tail = f"{after.form} {_shown(str(after.anchor))}"
        if before.step.unit == after.step.unit:
            return f"moves from {before.step.count} to {after.step} {tail}"
        return f"moves from {before.step} to {after.step} {tail}"
    return f'moves from "{old.when_text or "nothing"}" to "{new.when_text or "nothing"}"'


def _same_but_step(a: When, b: When) -> bool:
    return (
        a.form == b.form in ("after", "before")
        and a.anchor == b.anchor
        and ((a.at, a.between, a.weekdays_only, a.zone) == (b.at, b.between, b.weekdays_only, b.zone))
    )


def _changed(path: str, what: str, before: Any, after: Any) -> Change:
    old, new = _say(before), _say(after)
    if not old:
        return Change("changed", path, f"{what} is now {_quoted(new)}", "", new)
    if not new:
        return Change("changed", path, f"{what} is taken out (was {_quoted(old)})", old, "")
    long = len(old) > 80 or len(new) > 80 or "\n" in old + new
    text = f"{what} is rewritten" if long else f"{what} changes from {_quoted(old)} to {_quoted(new)}"
    return Change("changed", path, text, old, new)


def _say(value: Any) -> str:
    """A value as people write it."""
    if value is None or value is False or value in ("", 0):
        return ""
    if value is True:
        return "yes"
    if isinstance(value, time):
        return f"{value:%H:%M}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return ", ".join(f"{_say_key(key)}: {_say(part)}" for key, part in value.items())
    if isinstance(value, tuple) and len(value) == 2 and all(isinstance(part, date | time) for part in value):
        return _say_span(*value)
    if isinstance(value, list | tuple):
        return ", ".join(_say(part) for part in value)
    if is_dataclass(value) and type(value).__str__ is object.__str__:
        return " ".join(
            filter(None, (_say(getattr(value, field.name)) for field in fields(value) if field.name != "name"))
        )
    return str(value)


def _say_key(key: Any) -> str:
    return WEEKDAYS[key] if isinstance(key, int) else str(key)  # business hours go by the number of the day


def _say_span(first: date | time, last: date | time) -> str:
    if first == last:
        return _say(first)
    return f"{_say(first)}-{_say(last)}" if isinstance(first, time) else f"{_say(first)} to {_say(last)}"


def _quoted(text: str) -> str:
    return f'"{text}"' if " " in text or not text else text


def _word(field: str) -> str:
    return _WORDS.get(field, field.replace("_", " "))


def _key(field: str) -> str:
    return {"when_text": "when", "condition": "if"}.get(field, field)


def _shown(name: str) -> str:
    return name.replace("_", " ")


def _path(touchpoint: Touchpoint) -> str:
    return f"stages.{touchpoint.stage}.touchpoints.{touchpoint.name}"


def _stage(playbook: Playbook, touchpoint: Touchpoint) -> str:
    stage: Stage = playbook.stages[touchpoint.stage]
    return stage.title or _shown(stage.name).capitalize()


def _sentence(touchpoint: Touchpoint) -> str:
    return f"{touchpoint.when_text or 'no time'} by {_shown(touchpoint.channel) or 'no channel'}"
