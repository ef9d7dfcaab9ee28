"""The grammar of `if:`: comparisons, `and`, `or`, `not`, brackets. Nothing is ever executed.

    nps >= 9                        the last answer to a survey
    persona == 'downsizers'         the client's persona; also a field or `inquiry`
    consent.keep_in_touch           the client has not refused this purpose
    not replied                     the client has not replied since entering the stage
    home_visit.done and ces < 4     what happened to a touchpoint

An answer can be yes, no or "not known"; what is not known never sends anything.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from fondly.core.words import listed, say

TOKEN = re.compile(r"""\s*(?:(>=|<=|==|!=|>|<|=|\(|\))|'([^']*)'|"([^"]*)"|([\w.:+-]+))""")
COMPARISONS = ("==", "!=", ">=", "<=", ">", "<", "=", "is")
OURS = frozenset({"persona", "replied", "stage", "inquiry"})  # names every playbook can ask about
WORDS = {"yes": True, "true": True, "no": False, "false": False}
NAME = re.compile(r"[A-Za-z_][\w.]*$")
LONGEST = 500
DEEPEST = 20


class ConditionError(ValueError):
    """The text of an `if:` cannot be read. The message says what and how to mend it."""


@dataclass(frozen=True, slots=True)
class Known:
    """What a name stands for; when it has no value yet, `missing` says so in words."""

    value: Any = None
    missing: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """True, False, or None when something needed is not known; `reason` says why it is not True."""

    holds: bool | None
    reason: str = ""


Lookup = Callable[[str], Known]


@dataclass(frozen=True, slots=True)
class Truth:
    name: str

    def judge(self, lookup: Lookup) -> Verdict:
        known = lookup(self.name)
        if known.missing:
            return Verdict(None, known.missing)
        return Verdict(True) if known.value else Verdict(False, say("{name} is not so", name=self.name))


@dataclass(frozen=True, slots=True)
class Compare:
    name: str
    operator: str
    value: Any

    def judge(self, lookup: Lookup) -> Verdict:
        known = lookup(self.name)
        if known.missing:
            return Verdict(None, known.missing)
        try:
            holds = _compare(known.value, self.operator, self.value)
        except TypeError:
            return Verdict(
                None,
                say(
                    "{name} is {value!r}, which cannot be compared with {other!r}",
                    name=self.name,
                    value=known.value,
                    other=self.value,
                ),
            )
        return Verdict(True) if holds else Verdict(False, say("{name} is {value}", name=self.name, value=known.value))


@dataclass(frozen=True, slots=True)
class Not:
    inner: "Node"

    def judge(self, lookup: Lookup) -> Verdict:
        verdict = self.inner.judge(lookup)
        if verdict.holds is None:
            return verdict
        return Verdict(True) if not verdict.holds else Verdict(False, say("{inner} is so", inner=say_node(self.inner)))


@dataclass(frozen=True, slots=True)
class Both:
    left: "Node"
    right: "Node"

    def judge(self, lookup: Lookup) -> Verdict:
        verdicts = (self.left.judge(lookup), self.right.judge(lookup))
        for wanted in (False, None):
            for verdict in verdicts:
                if verdict.holds is wanted:
                    return verdict
        return Verdict(True)


@dataclass(frozen=True, slots=True)
class Either:
    left: "Node"
    right: "Node"

    def judge(self, lookup: Lookup) -> Verdict:
        left, right = self.left.judge(lookup), self.right.judge(lookup)
        if left.holds or right.holds:
            return Verdict(True)
        reason = listed(list(dict.fromkeys((left.reason, right.reason))))
        return Verdict(None if None in (left.holds, right.holds) else False, reason)


Node = Truth | Compare | Not | Both | Either


@dataclass(frozen=True, slots=True)
class Condition:
    """A readable `if:`. names: everything it asks about, in order."""

    text: str
    root: Node
    names: tuple[str, ...]

    def judge(self, lookup: Lookup) -> Verdict:
        return self.root.judge(lookup)


@lru_cache(maxsize=4096)
def parse_condition(text: str) -> Condition:
    """Read the text of an `if:`. Raises ConditionError."""
    if len(text) > LONGEST:
        raise ConditionError(say("the condition is longer than {most} characters; use a shorter one", most=LONGEST))
    parser = _Parser(_tokens(text), text)
    root = parser.either(0)
    parser.expect_end()
    return Condition(text, root, tuple(dict.fromkeys(parser.names)))


def say_node(node: Node) -> str:
    """A part of a condition as text."""
    match node:
        case Truth(name):
            return name
        case Compare(name, operator, value):
            return f"{name} {operator} {value}"
        case Not(inner):
            return f"not {say_node(inner)}"
        case Both(left, right):
            return f"({say_node(left)} and {say_node(right)})"
        case Either(left, right):
            return f"({say_node(left)} or {say_node(right)})"


def _tokens(text: str) -> list[tuple[str, str]]:
    """(kind, text) with kind sign, text or word."""
    found, position = [], 0
    text = text.rstrip()
    while position < len(text):
        match = TOKEN.match(text, position)
        if match is None:
            raise ConditionError(
                say("cannot read {part!r} in {text!r}; write e.g. nps >= 9", part=text[position:].strip(), text=text)
            )
        sign, single, double, word = match.groups()
        if sign:
            found.append(("sign", sign))
        elif word:
            found.append(("word", word))
        else:
            found.append(("text", single if single is not None else double))
        position = match.end()
    return found


class _Parser:
    """Recursive descent: either := both (or both)*, both := unary (and unary)*."""

    def __init__(self, tokens: list[tuple[str, str]], text: str) -> None:
        self.tokens, self.text, self.position = tokens, text, 0
        self.names: list[str] = []

    def peek(self) -> tuple[str, str]:
        return self.tokens[self.position] if self.position < len(self.tokens) else ("end", "")

    def take(self) -> tuple[str, str]:
        token = self.peek()
        self.position += 1
        return token

    def fail(self, what: str) -> ConditionError:
        return ConditionError(say("{what} in {text!r}; write e.g. nps >= 9, or not replied", what=what, text=self.text))

    def expect_end(self) -> None:
        if self.peek()[0] != "end":
            raise self.fail(say("{word!r} is not expected", word=self.peek()[1]))

    def is_word(self, word: str) -> bool:
        kind, text = self.peek()
        return kind == "word" and text.lower() == word

    def either(self, depth: int) -> Node:
        node = self.both(depth)
        while self.is_word("or"):
            self.take()
            node = Either(node, self.both(depth))
        return node

    def both(self, depth: int) -> Node:
        node = self.unary(depth)
        while self.is_word("and"):
            self.take()
            node = Both(node, self.unary(depth))
        return node

    def unary(self, depth: int) -> Node:
        if depth > DEEPEST:
            raise self.fail(say("too many brackets"))
        if self.is_word("not"):
            self.take()
            return Not(self.unary(depth + 1))
        if self.peek() == ("sign", "("):
            self.take()
            node = self.either(depth + 1)
            if self.take() != ("sign", ")"):
                raise self.fail(say("a closing bracket is missing"))
            return node
        return self.comparison()

    def comparison(self) -> Node:
        kind, name = self.take()
        if kind != "word" or not NAME.match(name):
            raise self.fail(
                say("a name is expected instead of {name!r}", name=name) if name else say("something is missing")
            )
        self.names.append(name)
        operator = self.peek()[1].lower()
        if operator not in COMPARISONS or self.peek()[0] == "text":
            return Truth(name)
        self.take()
        return Compare(name, {"=": "==", "is": "=="}.get(operator, operator), self.literal())

    def literal(self) -> Any:
        kind, text = self.take()
        if kind == "text":
            return text
        if kind != "word":
            raise self.fail(say("a value is missing after the comparison"))
        if text.lower() in WORDS:
            return WORDS[text.lower()]
        try:
            return float(text)
        except ValueError:
            return text


def _compare(known: Any, operator: str, value: Any) -> bool:
    known, value = _alike(known, value)
    match operator:
        case "==":
            return bool(known == value)
        case "!=":
            return bool(known != value)
        case ">=":
            return bool(known >= value)
        case "<=":
            return bool(known <= value)
        case ">":
            return bool(known > value)
        case _:
            return bool(known < value)


def _alike(known: Any, value: Any) -> tuple[Any, Any]:
    """Both sides in one type: numbers as numbers, dates as ISO text, words without case."""
    if isinstance(known, date):
        return known.isoformat()[: len(str(value))], str(value)
    if isinstance(value, bool) or isinstance(known, bool):
        return known, value
    if isinstance(value, float) and isinstance(known, str):
        try:
            return float(known), value
        except ValueError:
            return known, value  # a word is no number: never equal, and not to be ordered
    if isinstance(value, str):
        return str(known).casefold(), value.casefold()
    return known, value
