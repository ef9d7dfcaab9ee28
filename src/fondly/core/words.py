"""Sentences that can be said in another language.

Core knows no catalogue and no reader. It says a sentence in English and keeps what the sentence was made
of, so that a door can say it again in the language of the person who reads it (`ground/wording.py`).
"""

from collections.abc import Mapping, Sequence
from datetime import date, time
from functools import reduce
from types import MappingProxyType

_AS_GIVEN = (str, int, float, date, time)  # what a pattern may write in its own form
_NOTHING: Mapping[str, object] = MappingProxyType({})


class Said(str):
    """An English sentence with its pattern and values; a value may be a Said itself.

    many: the pattern for other counts than one, "" when nothing is counted; the count is `values["count"]`.
    """

    __slots__ = ("many", "pattern", "values")
    pattern: str
    values: Mapping[str, object]
    many: str

    def __new__(cls, pattern: str, values: Mapping[str, object] = _NOTHING, many: str = "") -> "Said":
        chosen = many if many and values["count"] != 1 else pattern
        made = super().__new__(cls, filled(chosen, values))
        made.pattern, made.values, made.many = pattern, values, many
        return made

    def __reduce__(self) -> tuple[type["Said"], tuple[str, dict[str, object], str]]:
        return Said, (self.pattern, dict(self.values), self.many)


def say(pattern: str, /, **values: object) -> Said:
    """The sentence; `{name}` in the pattern stands for a value. Without values the pattern is the sentence.

    The pattern is always written out in the call, so that a translator's list can be made from the source.
    """
    return Said(pattern, _kept(values) if values else _NOTHING)


def say_many(one: str, many: str, /, count: int, **values: object) -> Said:
    """The sentence for one or for another `count`; both patterns may write `{count}`."""
    return Said(one, _kept({"count": count, **values}), many)


def filled(pattern: str, values: Mapping[str, object]) -> str:
    """The pattern with its values. Braces in a pattern without values stand for themselves."""
    return pattern.format_map(values) if values else pattern


def joined(parts: Sequence[str]) -> str:
    """`a, b, c`; "" for nothing."""
    return reduce(lambda some, more: say("{some}, {more}", some=some, more=more), parts) if parts else ""


def listed(parts: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`; "" for nothing."""
    if len(parts) < 2:
        return joined(parts)
    return say("{some} and {last}", some=joined(parts[:-1]), last=parts[-1])


def either_of(parts: Sequence[str]) -> str:
    """`a or b or c`; "" for nothing."""
    return reduce(lambda some, more: say("{some} or {more}", some=some, more=more), parts) if parts else ""


def words_of(name: str) -> str:
    """A name of the playbook as words: proposal_accepted -> proposal accepted."""
    return name.replace("_", " ")


def heading(name: str) -> str:
    """A name of the playbook at the head of something: home_visit -> Home visit."""
    return capital(words_of(name))


def capital(text: str) -> str:
    """The text with a capital at its beginning; the rest stays as it is."""
    return text[:1].upper() + text[1:]


def _kept(values: dict[str, object]) -> dict[str, object]:
    """Values as a sentence keeps them: what is neither text, number nor date is kept in its own words."""
    for name, value in values.items():
        if not isinstance(value, _AS_GIVEN):
            values[name] = str(value)
    return values
