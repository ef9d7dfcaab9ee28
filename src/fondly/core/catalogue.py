"""Finds every sentence core can say in its source text, so that a translator's list can be made."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from fondly.core.playbook.checks.rules import title_of

MAKERS = {"say": 1, "say_many": 2}  # how many patterns each takes first
RULES = frozenset({"rule", "dated_rule"})  # their docstrings are the titles of rules


class NotWrittenOut(ValueError):
    """A sentence is made from something else than a text written in the call; nobody could translate it."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """line: from 1. many: the pattern for other counts than one, "" when nothing is counted."""

    line: int
    pattern: str
    many: str = ""


def sentences(source: str) -> Iterator[Sentence]:
    """The sentences of one module, unordered. Raises NotWrittenOut with the line."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and _name(node) in MAKERS:
            yield Sentence(node.lineno, *_patterns(node))
        elif isinstance(node, ast.FunctionDef) and _is_rule(node):
            yield Sentence(node.lineno, title_of(ast.get_docstring(node)))


def _name(node: ast.expr) -> str:
    called = node.func if isinstance(node, ast.Call) else node
    return called.id if isinstance(called, ast.Name) else ""


def _is_rule(node: ast.FunctionDef) -> bool:
    return any(_name(decorator) in RULES for decorator in node.decorator_list)


def _patterns(call: ast.Call) -> list[str]:
    """The texts written in the call."""
    found = call.args[: MAKERS[_name(call)]]
    written = [part.value for part in found if isinstance(part, ast.Constant) and isinstance(part.value, str)]
    if len(written) < MAKERS[_name(call)]:
        raise NotWrittenOut(f"line {call.lineno}: write the sentence out in the call, with {{names}} for its values")
    return written
