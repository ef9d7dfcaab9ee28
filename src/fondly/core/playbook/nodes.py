"""YAML text as a tree in which every value is text and knows its place.

The scanner is libyaml (through PyYAML); everything that makes YAML surprising is left out:
no value is turned into a number, a date or true/false here (`loading.py` does that where the
format asks for one), and anchors, aliases, tags and second documents are refused.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

LARGEST = 2_000_000  # characters
DEEPEST = 24  # levels of nesting; a playbook needs seven
MOST_NODES = 200_000
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(slots=True)
class Node:
    """One value. line, column, end_line, end_column: from 0; start, end: offsets in the text."""

    line: int
    column: int
    start: int
    end: int


@dataclass(slots=True)
class Scalar(Node):
    text: str
    style: str = ""  # "", "'", '"', "|", ">"

    @property
    def empty(self) -> bool:
        """Nothing was written: `key:`, `~` or `null` without quotes."""
        return not self.style and self.text in ("", "~", "null", "Null", "NULL")


@dataclass(slots=True)
class Entry:
    key: Scalar
    value: Node


@dataclass(slots=True)
class Mapping(Node):
    entries: list[Entry] = field(default_factory=list)
    flow: bool = False

    def get(self, name: str) -> Node | None:
        return next((entry.value for entry in self.entries if entry.key.text == name), None)


@dataclass(slots=True)
class Sequence(Node):
    items: list[Node] = field(default_factory=list)
    flow: bool = False


class SyntaxProblem(Exception):
    """The text is not the YAML we read. line, column: from 0; opened: where the unfinished thing began."""

    def __init__(self, what: str, line: int, column: int, opened: tuple[int, int] | None = None) -> None:
        super().__init__(what)
        self.what, self.line, self.column, self.opened = what, line, column, opened


def compose(text: str) -> Node | None:
    """The tree of `text`; None for an empty file. Raises SyntaxProblem."""
    if len(text) > LARGEST:
        raise SyntaxProblem("too large", 0, 0)
    try:
        return _Composer(yaml.parse(text, Loader=_LOADER)).document()
    except yaml.MarkedYAMLError as error:
        raise _from_yaml(error) from None
    except yaml.reader.ReaderError as error:
        before = text[: error.position]
        column = len(before) - (before.rfind("\n") + 1)
        raise SyntaxProblem("strange character", before.count("\n"), column) from None


def _from_yaml(error: yaml.MarkedYAMLError) -> SyntaxProblem:
    mark = error.problem_mark or error.context_mark
    opened = (error.context_mark.line, error.context_mark.column) if error.context_mark else None
    what = " ".join(part for part in (error.context, error.problem) if part)
    return SyntaxProblem(what, mark.line if mark else 0, mark.column if mark else 0, opened)


class _Composer:
    def __init__(self, events: Iterator[Any]) -> None:
        self.events: Iterator[Any] = events
        self.count = 0

    def document(self) -> Node | None:
        root: Node | None = None
        for event in self.events:
            mark: Any = event.start_mark
            if isinstance(event, yaml.DocumentStartEvent) and root is not None:
                raise SyntaxProblem("second document", mark.line, mark.column)
            if isinstance(event, yaml.NodeEvent):
                root = self.node(event, 0)
        return root

    def node(self, event: Any, depth: int) -> Node:
        mark = event.start_mark
        self._refuse(event, mark, depth)
        if isinstance(event, yaml.ScalarEvent):
            end = _index(event)
            return Scalar(mark.line, mark.column, mark.index, end, event.value, event.style or "")
        if isinstance(event, yaml.MappingStartEvent):
            return self.mapping(event, depth)
        return self.sequence(event, depth)

    def _refuse(self, event: Any, mark: Any, depth: int) -> None:
        self.count += 1
        if isinstance(event, yaml.AliasEvent):
            raise SyntaxProblem("alias", mark.line, mark.column)
        if event.anchor is not None:
            raise SyntaxProblem("anchor", mark.line, mark.column)
        if event.tag is not None:
            raise SyntaxProblem("tag", mark.line, mark.column)
        if depth > DEEPEST or self.count > MOST_NODES:
            raise SyntaxProblem("too deep" if depth > DEEPEST else "too large", mark.line, mark.column)

    def mapping(self, event: Any, depth: int) -> Mapping:
        mark = event.start_mark
        made = Mapping(mark.line, mark.column, mark.index, mark.index, flow=bool(event.flow_style))
        for first in self.events:
            if isinstance(first, yaml.MappingEndEvent):
                made.end = _index(first)
                break
            key = self.node(first, depth + 1)
            if not isinstance(key, Scalar):
                raise SyntaxProblem("key is not a word", key.line, key.column)
            value = self.node(next(self.events), depth + 1)
            made.entries.append(Entry(key, value))
        return made

    def sequence(self, event: Any, depth: int) -> Sequence:
        mark = event.start_mark
        made = Sequence(mark.line, mark.column, mark.index, mark.index, flow=bool(event.flow_style))
        for item in self.events:
            if isinstance(item, yaml.SequenceEndEvent):
                made.end = _index(item)
                break
            made.items.append(self.node(item, depth + 1))
        return made


def _index(event: Any) -> int:
    """The offset in the text where the event ends."""
    index: int = event.end_mark.index
    return index
