"""The grammar of `when:` sentences.

    when   := "on" anchor
            | N unit ("after" | "before") anchor      5 days after entry; 2 days before first_session
            | "every" [N] unit ["after contact"]      every 14 days; every 90 days after contact
            | "every" weekday                         every friday
            | "yearly on" date_field                  yearly on birthday
    tails  := "at" HH:MM | "between" HH:MM "and" HH:MM | "on weekdays" | "in their time zone" | "in our time zone"
    anchor := entry | exit | contact | date field | touchpoint | touchpoint.done | touchpoint.replied
            | survey.answered | promise.broken | promise.changed | promise.kept | event

Reading has two steps: the sentence is split by the grammar, then the anchor is looked up
among the names of the playbook. A plain word that is no name of the playbook is an event.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import time
from typing import Any, Literal

from fondly.core.playbook.durations import CLOCK, DURATION, UnreadableError, clock, duration, span
from fondly.core.playbook.model import Anchor, AnchorKind, Duration, When
from fondly.core.playbook.near import near
from fondly.core.words import say

__all__ = ["Due", "Names", "UnreadableError", "due", "from_mapping", "parse"]

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
EXAMPLES = say(
    'Write for example "on entry", "2 days after entry at 09:00", "1 day before first_session", '
    '"every 14 days", "every friday at 16:00" or "yearly on birthday".'
)
_LONG_EXAMPLE = say("Write for example {after: entry, wait: 2 days}.")
_ON = re.compile(r"on\s+(\S+)", re.IGNORECASE)
_COUNTED = re.compile(rf"({DURATION})\s+(after|before)\s+(\S+)", re.IGNORECASE)
_EVERY = re.compile(
    rf"every\s+(?:({DURATION})|((?:business\s+)?(?:hour|day|week|month|year))|({'|'.join(DAYS)}))"
    r"(?:\s+after\s+(\S+))?",
    re.IGNORECASE,
)
_YEARLY = re.compile(r"yearly\s+on\s+(\S+)", re.IGNORECASE)
_TAIL = re.compile(
    rf"(?P<rest>.*\S)\s+(?:at\s+(?P<at>\S+)"
    rf"|between\s+(?P<between>{CLOCK}\s+(?:and|to)\s+{CLOCK})"
    r"|(?P<weekdays>on\s+(?:weekdays|business\s+days))"
    r"|in\s+(?P<zone>their|our)\s+time\s*zone)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Names:
    """The names of a playbook that an anchor can mean. events: those stages start and end with, and `events:`."""

    touchpoints: frozenset[str] = frozenset()
    fields: frozenset[str] = frozenset()  # date and datetime fields only
    surveys: frozenset[str] = frozenset()
    events: frozenset[str] = frozenset()


def parse(text: str, names: Names) -> When:
    """The sentence as a When. Raises UnreadableError with what is wrong and an example."""
    sentence = " ".join(text.split())
    if not sentence:
        raise UnreadableError(say("there is no `when`"), EXAMPLES)
    head, tails = _tails(sentence)
    when = replace(_head(head, names), text=sentence, **tails)
    return _sensible(when)


def _tails(sentence: str) -> tuple[str, dict[str, Any]]:
    """The sentence without its tails, and the tails by field of When."""
    found: dict[str, Any] = {}
    while match := _TAIL.fullmatch(sentence):
        name, value = _tail(match)
        if name in found:
            raise UnreadableError(say('"{sentence}" says the same thing twice', sentence=sentence), EXAMPLES)
        found[name] = value
        sentence = match["rest"]
    return sentence, found


def _tail(match: re.Match[str]) -> tuple[str, Any]:
    if match["at"]:
        return "at", clock(match["at"])
    if match["between"]:
        return "between", span(match["between"])
    if match["weekdays"]:
        return "weekdays_only", True
    return "zone", "client" if match["zone"].casefold() == "their" else "business"


def _head(head: str, names: Names) -> When:
    if match := _ON.fullmatch(head):
        return When("", "on", _anchor(match[1], names))
    if match := _COUNTED.fullmatch(head):
        return _counted(match, names)
    if match := _EVERY.fullmatch(head):
        return _every(match)
    if match := _YEARLY.fullmatch(head):
        return When("", "yearly", _date_field(match[1], names))
    raise UnreadableError(say('"{head}" is not a `when` we can read', head=head), EXAMPLES)


def _counted(match: re.Match[str], names: Names) -> When:
    step, anchor = duration(match[1]), _anchor(match[3], names)
    if match[2].casefold() == "after":
        return When("", "after", anchor, step)
    if anchor.kind == "event":
        known = near(anchor.name, names.fields | names.touchpoints)
        advice = say("Count back from a date field (add it under `fields`) or from a touchpoint.")
        raise UnreadableError(
            say('"before {anchor}": nobody knows the time of {anchor} before it happens', anchor=anchor),
            say("Did you mean {known}? {advice}", known=known, advice=advice) if known else advice,
        )
    if anchor.kind not in ("field", "touchpoint", "exit"):
        raise UnreadableError(
            say('"before {anchor}" cannot be known in time', anchor=anchor), say("Count back from a date field.")
        )
    return When("", "before", anchor, step)


def _every(match: re.Match[str]) -> When:
    anchor = Anchor("contact" if match[4] == "contact" else "entry")
    if match[4] and match[4] not in ("contact", "entry"):
        raise UnreadableError(
            say('"every … after {anchor}" cannot be read', anchor=match[4]),
            say('Write "every 90 days" or "every 90 days after contact".'),
        )
    if match[3]:
        return When("", "every", anchor, Duration(1, "weeks"), weekday=DAYS.index(match[3].casefold()))
    return When("", "every", anchor, duration(match[1] or f"1 {match[2]}"))


def _date_field(word: str, names: Names) -> Anchor:
    if word in names.fields:
        return Anchor("field", word)
    known = near(word, names.fields)
    raise UnreadableError(
        say('"yearly on {word}" needs a date of the client, and no date field is called {word}', word=word),
        say("Did you mean {known}?", known=known)
        if known
        else say('Add "{word}: {{type: date}}" under `fields`.', word=word),
    )


def _anchor(word: str, names: Names) -> Anchor:
    if word in ("entry", "exit", "contact"):
        return Anchor(word)  # type: ignore[arg-type]
    if "." in word:
        return _dotted(word, names)
    if word in names.fields:
        return Anchor("field", word)
    if word in names.touchpoints:
        return Anchor("touchpoint", word)
    if not re.fullmatch(r"[^\W\d]\w*", word):
        raise UnreadableError(
            say('"{word}" is not a name', word=word), say("A name is one word: letters, digits and _.")
        )
    return Anchor("event", word)


def _dotted(word: str, names: Names) -> Anchor:
    name, _, what = word.partition(".")
    if name == "promise" and what in ("broken", "changed", "kept"):
        return Anchor("promise", what)
    tables: dict[str, tuple[AnchorKind, frozenset[str], str]] = {
        "done": ("done", names.touchpoints, say("touchpoint")),
        "replied": ("replied", names.touchpoints, say("touchpoint")),
        "answered": ("answered", names.surveys, say("survey")),
    }
    if what not in tables or name == "promise":
        raise UnreadableError(
            say('"{word}" is nothing that can happen', word=word),
            say(
                "After a dot come: touchpoint.done, touchpoint.replied, survey.answered, "
                "promise.broken, promise.changed or promise.kept."
            ),
        )
    kind, known, noun = tables[what]
    if name not in known:
        meant = near(name, known)
        raise UnreadableError(
            say('there is no {noun} called "{name}"', noun=noun, name=name),
            say("Did you mean {meant}.{what}?", meant=meant, what=what)
            if meant
            else say("Add the {noun} or name another.", noun=noun),
        )
    return Anchor(kind, name)


def _sensible(when: When) -> When:
    """Refuses tails that contradict the sentence."""
    elapsed = when.step is not None and when.step.unit in ("minutes", "hours")
    if when.at and elapsed:
        raise UnreadableError(
            say('"{text}": {step} is elapsed time and cannot also be at a clock time', text=when.text, step=when.step),
            say('Write "1 day after entry at 09:00", or leave "at" out.'),
        )
    if when.at and when.between:
        raise UnreadableError(say('"{text}" has both "at" and "between"', text=when.text), say("Keep one of the two."))
    if when.weekdays_only and when.weekday is not None and when.weekday > 4:
        raise UnreadableError(
            say('"{text}" can never happen', text=when.text),
            say("{day} is not a weekday.", day=DAYS[when.weekday].title()),
        )
    return when


def from_mapping(parts: Mapping[str, Any]) -> str:
    """The long form `{after: entry, wait: 2 days, at: "09:00"}` as a sentence. Raises UnreadableError."""
    forms = [form for form in ("on", "after", "before", "every", "yearly") if form in parts]
    if len(forms) != 1:
        raise UnreadableError(
            say("a `when` has exactly one of on, after, before, every, yearly"),
            _LONG_EXAMPLE,
        )
    form = forms[0]
    if ("wait" in parts) != (form in ("after", "before")):
        needs = (
            say("`{form}` needs `wait`", form=form) if "wait" not in parts else say("`{form}` has no `wait`", form=form)
        )
        raise UnreadableError(needs, _LONG_EXAMPLE)
    heads = {"on": "on {}", "every": "every {}", "yearly": "yearly on {}"}
    head = heads[form].format(parts[form]) if form in heads else f"{parts['wait']} {form} {parts[form]}"
    return " ".join([head, *_long_tails(parts)])


def _long_tails(parts: Mapping[str, Any]) -> list[str]:
    tails = []
    if "at" in parts:
        tails.append(f"at {parts['at']}")
    if "between" in parts:
        first, last = span(str(parts["between"]))
        tails.append(f"between {first:%H:%M} and {last:%H:%M}")
    if parts.get("weekdays"):
        tails.append("on weekdays")
    if "zone" in parts:
        tails.append("in their time zone" if parts["zone"] == "theirs" else "in our time zone")
    return tails


@dataclass(frozen=True, slots=True)
class Due:
    """When a promise falls due: `step` after it was made, on a date `field`, or on the next `weekday` `at`."""

    form: Literal["step", "field", "weekday"]
    step: Duration | None = None
    field: str = ""
    weekday: int = 0
    at: time | None = None


def due(text: str, names: Names) -> Due:
    """`14 days`, a date field or a touchpoint, `every Friday 16:00`. Raises UnreadableError."""
    words = " ".join(text.split())
    if words in names.fields or words in names.touchpoints:
        return Due("field", field=words)
    days = re.fullmatch(rf"(?:every|next|by|on)?\s*({'|'.join(DAYS)})(?:\s+(?:at\s+)?({CLOCK}))?", words, re.IGNORECASE)
    if days:
        return Due("weekday", weekday=DAYS.index(days[1].casefold()), at=clock(days[2]) if days[2] else None)
    try:
        return Due("step", duration(re.sub(r"^(?:within|in)\s+", "", words)))
    except UnreadableError:
        raise UnreadableError(
            say('"{text}" is not a date a promise can have', text=text),
            say('Write "2 business days", the name of a date field, or "every Friday 16:00".'),
        ) from None
