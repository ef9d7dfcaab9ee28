"""Templates that only print values: what they print is the same for all but the values, so Liquid reads them once.

Anything but `{{ name.name }}` and `{{ name.name | default: 'text' }}`, and any value that is not a text, is left
to Liquid.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from liquid.ast import Node
from liquid.builtin.content import ContentNode
from liquid.builtin.expressions import Filter, FilteredExpression, Path, PositionalArgument, StringLiteral
from liquid.builtin.output import OutputNode

_LIQUIDS_OWN = frozenset({"size", "first", "last"})  # names that Liquid answers for itself


@dataclass(frozen=True, slots=True)
class Slot:
    """A value's place. default None: Liquid says what is missing."""

    path: tuple[str, ...]
    default: str | None


def cut(nodes: Iterable[Node]) -> list[str | Slot] | None:
    """A template as texts and slots; None when it does more than print values."""
    pieces: list[str | Slot] = []
    for node in nodes:
        piece = node.text if isinstance(node, ContentNode) else _slot(node)
        if piece is None:
            return None
        pieces.append(piece)
    return pieces


def values_of(slots: Sequence[Slot], context: Mapping[str, Any]) -> list[str] | None:
    """What stands in the slots; None when Liquid must say what does."""
    values = []
    for slot in slots:
        value: Any = context
        for name in slot.path:
            if type(value) is not dict:
                return None
            value = value.get(name)
        if value is None or value == "":
            value = slot.default
        if type(value) is not str:
            return None
        values.append(value)
    return values


def _slot(node: Node) -> Slot | None:
    expression = node.expression if isinstance(node, OutputNode) else None
    if not isinstance(expression, FilteredExpression) or not isinstance(expression.left, Path):
        return None
    path = tuple(name for name in expression.left.path if isinstance(name, str))
    if len(path) < len(expression.left.path) or not _LIQUIDS_OWN.isdisjoint(path):
        return None
    match expression.filters or ():
        case ():
            return Slot(path, None)
        case [only]:
            default = _default(only)
            return None if default is None else Slot(path, default)
    return None


def _default(used: Filter) -> str | None:
    match used.args:
        case [PositionalArgument(value=StringLiteral(value=text))] if used.name == "default":
            return text
    return None
