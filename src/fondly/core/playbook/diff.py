"""What changed between two playbooks, in words for people and as data."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import date, time
from typing import Any, Literal

from fondly.core.playbook.keys import WEEKDAYS
from fondly.core.playbook.model import Playbook, Touchpoint, When
from fondly.core.words import Said, say, words_of

ChangeKind = Literal["added", "removed", "changed", "moved"]
LONGEST_TOLD = 80  # characters of a value that its sentence still holds
_SKIPPED = {"marks", "sources", "stages", "name", "stage", "touchpoints", "extra", "when"}
_GROUPS = {
    "personas": say("persona"),
    "channels": say("channel"),
    "offers": say("offer"),
    "fields": say("field"),
    "inquiries": say("inquiry kind"),
    "recovery": say("recovery"),
    "documents": say("document"),
    "surveys": say("survey"),
    "targets": say("target"),
    "experiments": say("experiment"),
    "templates": say("template"),
    "checklists": say("checklist"),
    "values": say("question"),
    "target": say("target share"),
    "skip": say("skipped rule"),
    "caps": say("limit"),
    "reviews": say("review place"),
    "events": say("event"),
    "leaving": say("leaving"),
}
_WORDS = {
    "reviewed": say("date of the last review"),
    "timezone": say("time zone"),
    "sensitive": say("mark for a sensitive practice"),
    "when_text": say("when"),
    "condition": say("if"),
    "follow_up": say("follow-up question"),
    "survey_rest": say("rest between surveys"),
    "annual_review": say("yearly review"),
    "speak_up": say("place to speak up"),
}


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. path: where, "stages.new.touchpoints.move_box.when"; before, after: "" when there is none.

    text: in words; names of the playbook stand between two * signs.
    """

    kind: ChangeKind
    path: str
    text: str
    before: str = ""
    after: str = ""

    @property
    def rewritten(self) -> bool:
        """Whether the change is too long to be told in its sentence."""
        return max(len(self.before), len(self.after)) > LONGEST_TOLD or "\n" in self.before + self.after

    def as_dict(self) -> dict[str, str]:
        return {field.name: getattr(self, field.name) for field in fields(self)}


def diff(a: Playbook, b: Playbook) -> tuple[Change, ...]:
    """From playbook a to playbook b. Empty when nothing that matters changed (comments, order of keys)."""
    return (*_top(a, b), *_stages(a, b), *_touchpoints(a, b))


def _top(a: Playbook, b: Playbook) -> Iterator[Change]:
    if a.name != b.name:
        yield _changed("name", say("The name"), a.name, b.name)
    for field in fields(Playbook):
        before, after = getattr(a, field.name), getattr(b, field.name)
        if field.name in _SKIPPED or before == after:
            continue
        if field.name in _GROUPS and isinstance(before, Mapping):
            yield from _entries(field.name, _GROUPS[field.name], before, after)
        elif field.name == "team":
            yield from _entries("team", say("role"), before.roles, after.roles)
            yield from _parts("team", say("The team"), before, after, {"roles"})
        elif is_dataclass(before) and is_dataclass(after) and field.name in ("brand", "calendar"):
            yield from _parts(field.name, say("The {part}", part=_word(field.name)), before, after, set())
        else:
            yield _changed(field.name, say("The {part}", part=_word(field.name)), before, after)


def _entries(path: str, noun: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    for name in [*before, *(name for name in after if name not in before)]:
        here, what = f"{path}.{name}", say("The {noun} *{name}*", noun=noun, name=name)
        if name not in after:
            yield Change("removed", here, say("{what} is removed", what=what), before=_say(before[name]))
        elif name not in before:
            yield Change("added", here, say("{what} is new", what=what), after=_say(after[name]))
        elif before[name] != after[name]:
            yield from _entry(here, what, before[name], after[name])


def _entry(path: str, what: str, before: Any, after: Any) -> Iterator[Change]:
    if is_dataclass(before) and is_dataclass(after):
        yield from _parts(path, what, before, after, set())
    elif isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in [*before, *(key for key in after if key not in before)]:
            if before.get(key) != after.get(key):
                yield _changed(
                    f"{path}.{key}",
                    say("{what}: {part}", what=what, part=_word(key)),
                    before.get(key, ""),
                    after.get(key, ""),
                )
    else:
        yield _changed(path, what, before, after)


def _parts(path: str, what: str, before: Any, after: Any, skipped: set[str]) -> Iterator[Change]:
    for field in fields(before):
        old, new = getattr(before, field.name), getattr(after, field.name)
        if field.name in _SKIPPED | skipped or old == new:
            continue
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            yield from _entries(f"{path}.{field.name}", _word(field.name).removesuffix("s"), old, new)
        else:
            yield _changed(
                f"{path}.{_key(field.name)}", say("{what}: {part}", what=what, part=_word(field.name)), old, new
            )


def _stages(a: Playbook, b: Playbook) -> Iterator[Change]:
    for name in [*a.stages, *(name for name in b.stages if name not in a.stages)]:
        path, what = f"stages.{name}", say("The stage *{name}*", name=name)
        if name not in b.stages:
            yield Change("removed", path, say("{what} is removed", what=what), before=name)
        elif name not in a.stages:
            yield Change("added", path, say("{what} is new, {where}", what=what, where=_position(b, name)), after=name)
        else:
            yield from _parts(path, what, a.stages[name], b.stages[name], {"phase"} if _phase(a, b, name) else set())
            if a.stages[name].extra != b.stages[name].extra:
                before, after = a.stages[name].extra.get("leaving", ""), b.stages[name].extra.get("leaving", "")
                yield _changed(f"{path}.leaving", say("{what}: leaving", what=what), before, after)
    order = [name for name in a.stages if name in b.stages]
    if order != [name for name in b.stages if name in a.stages]:
        yield Change(
            "moved", "stages", say("The order of the stages changes"), ", ".join(a.stages), ", ".join(b.stages)
        )


def _phase(a: Playbook, b: Playbook, name: str) -> bool:
    return a.stages[name].phase == b.stages[name].phase


def _position(playbook: Playbook, name: str) -> str:
    names = list(playbook.stages)
    at = names.index(name)
    return say("after *{stage}*", stage=names[at - 1]) if at else say("at the beginning")


def _touchpoints(a: Playbook, b: Playbook) -> Iterator[Change]:
    old = {t.name: t for t in a.touchpoints()}
    new = {t.name: t for t in b.touchpoints()}
    for name in [*old, *(name for name in new if name not in old)]:
        if name not in new:
            t = old[name]
            what = _touchpoint_words(a, t)
            yield Change("removed", _path(t), say("{what} is removed", what=what), before=_sentence(t))
        elif name not in old:
            t = new[name]
            sentence, stage = _sentence(t), b.stages[t.stage].title
            text = say(
                "{stage}: new touchpoint *{name}*, {sentence}", stage=stage, name=words_of(name), sentence=sentence
            )
            yield Change("added", _path(t), text, after=sentence)
        elif old[name] != new[name]:
            yield from _touchpoint(a, b, old[name], new[name])


def _touchpoint(a: Playbook, b: Playbook, old: Touchpoint, new: Touchpoint) -> Iterator[Change]:
    what = _touchpoint_words(b, new)
    if old.stage != new.stage:
        yield Change(
            "moved",
            _path(new),
            say("{what} comes from the stage {stage}", what=what, stage=a.stages[old.stage].title),
            old.stage,
            new.stage,
        )
    if old.when_text != new.when_text:
        yield Change("changed", f"{_path(new)}.when", _moves(what, old, new), old.when_text, new.when_text)
    yield from _parts(_path(new), what, old, new, {"when_text"})


def _touchpoint_words(playbook: Playbook, touchpoint: Touchpoint) -> Said:
    stage, name = playbook.stages[touchpoint.stage].title, words_of(touchpoint.name)
    return say("{stage}: touchpoint *{name}*", stage=stage, name=name)


def _moves(what: str, old: Touchpoint, new: Touchpoint) -> Said:
    """`moves from 2 to 3 days after agreement signed` when only the length changes."""
    before, after = old.when, new.when
    if before and after and _same_but_step(before, after) and before.step and after.step:
        same_unit = before.step.unit == after.step.unit
        values = {"what": what, "old": before.step.count if same_unit else before.step, "new": after.step}
        anchor = words_of(str(after.anchor))
        if after.form == "after":
            return say("{what} moves from {old} to {new} after {anchor}", anchor=anchor, **values)
        return say("{what} moves from {old} to {new} before {anchor}", anchor=anchor, **values)
    nothing = say("nothing")
    return say(
        '{what} moves from "{old}" to "{new}"', what=what, old=old.when_text or nothing, new=new.when_text or nothing
    )


def _same_but_step(a: When, b: When) -> bool:
    return (
        a.form == b.form in ("after", "before")
        and a.anchor == b.anchor
        and ((a.at, a.between, a.weekdays_only, a.zone) == (b.at, b.between, b.weekdays_only, b.zone))
    )


def _changed(path: str, what: str, before: Any, after: Any) -> Change:
    old, new = _say(before), _say(after)
    if not old:
        return Change("changed", path, say("{what} is now {new}", what=what, new=_quoted(new)), "", new)
    if not new:
        return Change("changed", path, say("{what} is taken out (was {old})", what=what, old=_quoted(old)), old, "")
    told = say("{what} changes from {old} to {new}", what=what, old=_quoted(old), new=_quoted(new))
    change = Change("changed", path, told, old, new)
    return replace(change, text=say("{what} is rewritten", what=what)) if change.rewritten else change


def _say(value: Any) -> str:
    """A value as people write it."""
    if value is None or value is False or value in ("", 0):
        return ""
    if value is True:
        return say("yes")
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
    return (
        f"{_say(first)}-{_say(last)}"
        if isinstance(first, time)
        else say("{first} to {last}", first=_say(first), last=_say(last))
    )


def _quoted(text: str) -> str:
    return f'"{text}"' if " " in text or not text else text


def _word(field: str) -> str:
    return _WORDS.get(field, words_of(field))


def _key(field: str) -> str:
    return {"when_text": "when", "condition": "if"}.get(field, field)


def _path(touchpoint: Touchpoint) -> str:
    return f"stages.{touchpoint.stage}.touchpoints.{touchpoint.name}"


def _sentence(touchpoint: Touchpoint) -> Said:
    when, channel = touchpoint.when_text or say("no time"), words_of(touchpoint.channel) or say("no channel")
    return say("{when} by {channel}", when=when, channel=channel)
