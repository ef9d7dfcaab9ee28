"""Where the comments and blank lines of a playbook belong, so that `fmt` can put them back."""

import re
from dataclasses import dataclass, field

from fondly.core.playbook.nodes import Entry, Mapping, Node, Scalar, Sequence

_COMMENT = re.compile(r"(?:^|(?<=[ \t]))#.*")


@dataclass(slots=True)
class Notes:
    """Of one entry or item: lines before it ("" is a blank line), beside it, and after all of it."""

    before: list[str] = field(default_factory=list)
    beside: list[str] = field(default_factory=list)
    after: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Place:
    """Something a comment can belong to: an entry of a block mapping or an item of a block list."""

    notes: Notes
    line: int
    column: int


@dataclass(slots=True)
class Attached:
    """Comments by the id of the Entry or item they belong to, and those at the end of the file."""

    notes: dict[int, Notes]
    footer: list[str]

    def of(self, thing: Entry | Node) -> Notes:
        return self.notes.get(id(thing)) or Notes()


def attach(text: str, root: Mapping) -> Attached:
    """Every comment and every blank line of the text, each with the place it belongs to."""
    attached = Attached({}, [])
    places: list[Place] = []
    _collect(root, places, attached.notes)
    inside = _inside(root, text)
    waiting: list[tuple[int, str]] = []  # (column, comment); a blank line has column 0 and no text
    at = 0
    for number, line in enumerate(text.split("\n")):
        first = at
        while at < len(places) and places[at].line == number:
            at += 1
        if at > first:
            _settle(waiting, places[:first], places[first])
            waiting = []
        found = _comment(number, line, inside)
        if found is None:
            continue
        alone = not line[: found[0]].strip()
        if alone and at == first and number not in inside:
            waiting.append(found)
        elif found[1] and places:
            places[max(at, 1) - 1 if at == first else first].notes.beside.append(found[1])
        elif found[1]:
            waiting.append(found)
    attached.footer = _rest(waiting, places)
    return attached


def _collect(node: Node, places: list[Place], notes: dict[int, Notes]) -> None:
    """All places in the order of the text."""
    if isinstance(node, Mapping) and not node.flow:
        for entry in node.entries:
            notes[id(entry)] = Notes()
            places.append(Place(notes[id(entry)], entry.key.line, entry.key.column))
            _collect(entry.value, places, notes)
    elif isinstance(node, Sequence) and not node.flow:
        for item in node.items:
            notes[id(item)] = Notes()
            places.append(Place(notes[id(item)], item.line, item.column))
            _collect(item, places, notes)


def _settle(waiting: list[tuple[int, str]], before: list[Place], place: Place) -> None:
    """Comments further in than what follows belong after what came before; the others to what follows."""
    while waiting and waiting[0][0] > place.column and before:
        owner = next((p for p in reversed(before) if p.column <= waiting[0][0]), before[-1])
        owner.notes.after.append(waiting.pop(0)[1])
    place.notes.before += [comment for _, comment in waiting]


def _rest(waiting: list[tuple[int, str]], places: list[Place]) -> list[str]:
    """What stands after the last value: further in belongs to it, the others to the file."""
    while waiting and waiting[0][1] and waiting[0][0] > 0 and places:
        owner = next((p for p in reversed(places) if p.column <= waiting[0][0]), places[-1])
        owner.notes.after.append(waiting.pop(0)[1])
    return [comment for _, comment in waiting]


def _inside(root: Node, text: str) -> dict[int, list[tuple[int, int]]]:
    """By line, the columns that belong to a value or key; a # there is no comment."""
    spans: dict[int, list[tuple[int, int]]] = {}
    for scalar in _scalars(root):
        body = text[scalar.start : scalar.end]
        if scalar.style in ("|", ">"):  # a comment may stand beside the | itself
            body = body.rstrip()
            for offset, line in enumerate(body.split("\n")[1:], 1):
                spans.setdefault(scalar.line + offset, []).append((0, len(line) + 1))
            continue
        for offset, line in enumerate(body.split("\n")):
            start = scalar.column if offset == 0 else 0
            spans.setdefault(scalar.line + offset, []).append((start, start + len(line)))
    return spans


def _scalars(node: Node) -> list[Scalar]:
    if isinstance(node, Scalar):
        return [node]
    if isinstance(node, Mapping):
        return [s for entry in node.entries for part in (entry.key, entry.value) for s in _scalars(part)]
    return [s for item in node.items for s in _scalars(item)] if isinstance(node, Sequence) else []


def _comment(number: int, line: str, inside: dict[int, list[tuple[int, int]]]) -> tuple[int, str] | None:
    """(column, comment) of a line; a blank line gives (0, "")."""
    spans = inside.get(number, [])
    if not line.strip():
        return None if spans else (0, "")
    for match in _COMMENT.finditer(line):
        if not any(start <= match.start() < end for start, end in spans):
            return match.start(), match[0].rstrip()
    at = 0
    while (at := line.find("#", at)) >= 0:
        free = not any(start <= at < end for start, end in spans)
        if free and (at == 0 or line[at - 1] in " \t"):
            return at, line[at:].rstrip()
        at += 1
    return None
