"""Small YAML files that are not playbooks (maps of imports) as plain values: every scalar is text, empty is None."""

from typing import Any

from fondly.core.playbook.nodes import Mapping, Node, Scalar, Sequence, SyntaxProblem, compose


class PlainError(ValueError):
    """The text is not YAML we read; the message says where."""


def plain(text: str) -> Any:
    """Mappings as dict, lists as list, everything else as text. Raises PlainError with line and column (from 1)."""
    try:
        tree = compose(text)
    except SyntaxProblem as problem:
        raise PlainError(f"line {problem.line + 1}, column {problem.column + 1}: {problem.what}") from problem
    return _value(tree) if tree is not None else None


def _value(node: Node) -> Any:
    if isinstance(node, Mapping):
        return {entry.key.text: _value(entry.value) for entry in node.entries}
    if isinstance(node, Sequence):
        return [_value(item) for item in node.items]
    assert isinstance(node, Scalar)
    return None if node.empty else node.text
