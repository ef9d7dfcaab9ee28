"""From the tree of the text to plain values in the shapes of `keys.py`, noting every problem on the way."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from fondly.core.playbook.near import near
from fondly.core.playbook.nodes import Entry, Mapping, Node, Scalar, Sequence
from fondly.core.playbook.problems import Problem
from fondly.core.playbook.shapes import Shape
from fondly.core.words import Said, either_of, say

_NAME = re.compile(r"[^\W\d]\w*")
_UNSEEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069]")  # controls, and turned text
_NUMBER = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)")
_NOUN = {Scalar: say("text"), Sequence: say("a list"), Mapping: say("a list of `name: value` lines")}
_WANTED = {"list": say("a list"), "map": say("`name: value` lines"), "record": say("`name: value` lines")}


@dataclass(slots=True)
class Loader:
    """Collects problems and the place of every key. `marks`: path -> (line, column), from 1."""

    source: str
    lines: list[str]
    problems: list[Problem] = field(default_factory=list)
    marks: dict[str, tuple[int, int]] = field(default_factory=dict)

    def problem(self, node: Node | tuple[int, int], message: str, advice: str, path: str = "", text: str = "") -> None:
        """Notes one problem; a tuple is (line, column) from 1."""
        line, column = node if isinstance(node, tuple) else (node.line + 1, node.column + 1)
        excerpt = self.lines[line - 1] if 0 < line <= len(self.lines) else ""
        self.problems.append(Problem(self.source, line, column, message, advice, text, excerpt, path))

    def place(self, path: str) -> tuple[int, int]:
        """(line, column) of the path, or of the nearest thing around it, from 1."""
        while path and path not in self.marks:
            path = path.rpartition(".")[0]
        return self.marks.get(path, (1, 1))

    def load(self, node: Node, shape: Shape, path: str) -> Any:
        """The value of `node`, or None when it is empty or does not fit (then there is a problem)."""
        if isinstance(node, Scalar) and node.empty:
            return None
        if shape.kind == "either":
            return self._either(node, shape, path)
        if shape.kind == "list":
            return self._list(node, shape, path)
        if shape.kind in ("record", "map"):
            return self._mapping(node, shape, path)
        if not isinstance(node, Scalar):
            return self._misfit(node, say("text"), path, _hint_for_text(node, path))
        if node.style == '"' and _UNSEEN.search(node.text):
            shown = say("`{key}` holds a character that no text has", key=path.rsplit(".", 1)[-1])
            self.problem(node, shown, say("Take the \\x, \\u or \\0 out of the quotes and type the word again."), path)
            return None
        return self._scalar(node, shape, path)

    def _either(self, node: Node, shape: Shape, path: str) -> Any:
        fitting = [option for option in shape.options if _fits(node, option)]
        if not fitting:
            wanted = either_of([_WANTED.get(option.kind, say("text")) for option in shape.options])
            return self._misfit(node, wanted, path)
        return self.load(node, fitting[0], path)

    def _list(self, node: Node, shape: Shape, path: str) -> Any:
        of = shape.of or Shape("text")
        items = node.items if isinstance(node, Sequence) else [node]
        if isinstance(node, Mapping) and of.kind != "record":
            return self._misfit(node, say("a list"), path, say("Write [one, two] or one `- item` a line."))
        for index, item in enumerate(items):
            self.marks[f"{path}.{index}"] = (item.line + 1, item.column + 1)
        values = [self.load(item, of, f"{path}.{index}") for index, item in enumerate(items)]
        return [value for value in values if value is not None]

    def _mapping(self, node: Node, shape: Shape, path: str) -> Any:
        if not isinstance(node, Mapping):
            advice = say(
                "Put its parts below `{key}:`, each on its own line, two blanks further in.",
                key=path.rsplit(".", 1)[-1],
            )
            return self._misfit(node, say("`name: value` lines"), path, advice)
        values: dict[str, Any] = {}
        entries = sentences_with_commas(node, shape) if node.flow else node.entries
        for entry in entries:
            self._entry(entry, shape, path, values)
        written = {entry.key.text for entry in entries if not _empty(entry.value)}  # what is wrong there is said there
        for name in shape.required:
            if values.get(name) is None and name not in written:
                self._missing(node, name, shape, path)
        return values

    def _entry(self, entry: Entry, shape: Shape, path: str, values: dict[str, Any]) -> None:
        name, place = entry.key.text, f"{path}.{entry.key.text}" if path else entry.key.text
        if place in self.marks:
            first = self.marks[place][0]
            self.problem(
                entry.key,
                say('"{name}" is written twice', name=name),
                say("It is already there in line {first}: keep one.", first=first),
                place,
                name,
            )
            return
        self.marks[place] = (entry.key.line + 1, entry.key.column + 1)
        below = shape.keys.get(name)
        if below is None and shape.kind == "map":
            below = shape.of
            if not shape.free and not _NAME.fullmatch(name):
                self._bad_name(entry, place)
        if below is None:
            self._unknown(entry, shape, place)
            return
        self._lost_comment(entry, place)
        values[name] = self.load(entry.value, below, place)
        if values[name] is None and isinstance(entry.value, Scalar) and entry.value.empty:
            for needed in below.required:  # `new:` with nothing below it
                self._missing(entry.value, needed, below, place)

    def _bad_name(self, entry: Entry, path: str) -> None:
        name = entry.key.text
        better = re.sub(r"\W+", "_", name).strip("_").lower() or "name"
        better = better if _NAME.fullmatch(better) else f"n_{better}"
        self.problem(
            entry.key,
            say('"{name}" cannot be a name', name=name),
            say("Names are one word without blanks: write {better}.", better=better),
            path,
            name,
        )

    def _unknown(self, entry: Entry, shape: Shape, path: str) -> None:
        name = entry.key.text
        if name.startswith("\u00a0"):
            advice = say("Delete the blanks at the beginning of the line and type them again.")
            self.problem(entry.key, say("this line begins with blanks that only look like blanks"), advice, path, name)
            return
        meant = _meant(name, shape.keys)
        known = ", ".join(shape.keys)
        advice = say("Did you mean {meant}?", meant=meant) if meant else say("Possible here: {known}.", known=known)
        if isinstance(entry.value, Scalar) and entry.value.empty and "," not in known:
            advice = say("Leave it out.")
        self.problem(entry.key, say('"{name}" is not a word of the playbook here', name=name), advice, path, name)

    def _lost_comment(self, entry: Entry, path: str) -> None:
        """`speak_up: #client-voice` is an empty value and a comment; nobody means that."""
        value = entry.value
        if not (isinstance(value, Scalar) and value.empty and value.text == ""):
            return
        line = self.lines[entry.key.line] if entry.key.line < len(self.lines) else ""
        lost = re.search(r":\s+(#[^\s#].*?)\s*$", line[entry.key.column :])
        if lost:
            column = entry.key.column + lost.start(1) + 1
            self.problem(
                (entry.key.line + 1, column),
                say('"{text}" is read as a comment, so nothing is left', text=lost[1]),
                say('Put it in quotes: {key}: "{text}"', key=entry.key.text, text=lost[1]),
                path,
                lost[1],
            )

    def _missing(self, node: Node, name: str, shape: Shape, path: str) -> None:
        where = self.marks.get(path, (node.line + 1, node.column + 1))
        below = shape.keys[name]
        missing = (
            say("`{name}` is missing in {path}", name=name, path=path)
            if path
            else say("`{name}` is missing", name=name)
        )
        advice = say("Add `{name}:`.", name=name)
        if below.choices:
            advice = say("Add `{name}:`: {choices}.", name=name, choices=", ".join(below.choices))
        self.problem(where, missing, advice, f"{path}.{name}" if path else name)

    def _misfit(self, node: Node, wanted: str, path: str, advice: str = "") -> None:
        shown = path.rsplit(".", 1)[-1] or say("the file")
        text = node.text if isinstance(node, Scalar) else ""
        self.problem(
            node,
            say("`{shown}` must be {wanted}, not {found}", shown=shown, wanted=wanted, found=_NOUN[type(node)]),
            advice,
            path,
            text,
        )

    def _scalar(self, node: Scalar, shape: Shape, path: str) -> Any:
        if shape.kind == "yes_no":
            return self._yes_no(node, path)
        if shape.kind == "number":
            return self._number(node, shape, path)
        value = node.text.strip("\n") if node.style in ("|", ">") else node.text
        if shape.kind == "choice" and value not in shape.choices:
            meant = near(value, shape.choices)
            advice = (
                say("Did you mean {meant}?", meant=meant)
                if meant
                else say("Write one of: {choices}.", choices=", ".join(shape.choices))
            )
            self.problem(
                node,
                say('"{value}" is not possible for `{key}`', value=value, key=path.rsplit(".", 1)[-1]),
                advice,
                path,
                value,
            )
            return None
        return value

    def _yes_no(self, node: Scalar, path: str) -> bool | None:
        word = node.text.casefold()
        if word in ("true", "yes", "false", "no"):
            return word in ("true", "yes")
        self.problem(
            node,
            say('"{text}" is neither true nor false', text=node.text),
            say("Write true or false."),
            path,
            node.text,
        )
        return None

    def _number(self, node: Scalar, shape: Shape, path: str) -> float | int | None:
        if not _NUMBER.fullmatch(node.text):
            self.problem(
                node,
                say('"{text}" is not a number', text=node.text),
                say("Write digits only, for example 15."),
                path,
                node.text,
            )
            return None
        value = float(node.text)
        if (shape.low is not None and value < shape.low) or (shape.high is not None and value > shape.high):
            self.problem(node, say("{text} is out of range", text=node.text), _within(shape), path, node.text)
            return None
        return int(value) if value.is_integer() else value


def _within(shape: Shape) -> Said:
    if shape.high is None:
        return say("Write a number from {low:g} up.", low=shape.low)
    return say("Write a number from {low:g} to {high:g}.", low=shape.low, high=shape.high)


def sentences_with_commas(node: Mapping, shape: Shape) -> list[Entry]:
    """`{about: A framed map, to keep, costs: 5}`: the words after a comma belong to the sentence before it."""
    joined: list[Entry] = []
    for entry in node.entries:
        value, before = entry.value, joined[-1].value if joined else None
        alone = isinstance(value, Scalar) and value.empty and not value.text and not entry.key.style
        sentence = isinstance(before, Scalar) and not before.style and not before.empty
        if shape.kind == "record" and alone and sentence and not _meant(entry.key.text, shape.keys):
            assert isinstance(before, Scalar)
            text = f"{before.text}, {entry.key.text}"
            joined[-1] = Entry(joined[-1].key, Scalar(before.line, before.column, before.start, value.end, text))
        else:
            joined.append(entry)
    return joined


def _empty(node: Node) -> bool:
    return isinstance(node, Scalar) and node.empty


def _fits(node: Node, shape: Shape) -> bool:
    if shape.kind in ("record", "map"):
        return isinstance(node, Mapping)
    if shape.kind == "list":
        return isinstance(node, Sequence)
    if shape.kind == "choice":
        return isinstance(node, Scalar) and node.text in shape.choices
    if shape.kind == "yes_no":
        return isinstance(node, Scalar) and node.text.casefold() in ("true", "false", "yes", "no")
    return isinstance(node, Scalar)


def _hint_for_text(node: Node, path: str) -> Said:
    key = path.rsplit(".", 1)[-1]
    if isinstance(node, Sequence):
        return say('Write it as a sentence, or put it in quotes: {key}: "[…]"', key=key)
    return say('If it is a sentence with a colon or {{{{ … }}}}, put it in quotes: {key}: "…"', key=key)


_SYNONYMS = {
    "kinds": "kind",
    "type": "kind",
    "responsible": "owner",
    "assignee": "owner",
    "who": "owner",
    "feeling": "feel",
    "condition": "if",
    "duration": "length",
    "time": "when",
    "timing": "when",
    "cost": "costs",
    "price": "costs",
    "description": "about",
    "note": "about",
    "email_template": "template",
    "questions": "ask",
    "question": "ask",
}


def _meant(name: str, known: Iterable[str]) -> str:
    names = tuple(known)
    slip = near(name.strip().lower().replace("-", "_").replace(" ", "_"), names) or near(name, names)
    exact = name.strip().lower().replace("-", "_").replace(" ", "_")
    if exact in names:
        return exact
    other = _SYNONYMS.get(exact, "")
    return slip or (other if other in names else "")
