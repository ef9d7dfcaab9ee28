"""Every sentence of a refusal or of a summary can be looked up in a catalogue: none is put together past gettext."""

import ast
from pathlib import Path

import pytest

import fondly

SOURCE = Path(fondly.__file__).parent
REFUSALS = frozenset({"Refused", "Conflict", "NotFound", "NotAllowed"})
ENGLISH = ("core", "doors/cli")  # core says its sentences another way; the command line speaks English (decision 4)
FILES = [path for path in SOURCE.rglob("*.py") if not path.relative_to(SOURCE).as_posix().startswith(ENGLISH)]


def name_of(function):
    return getattr(function, "id", getattr(function, "attr", ""))


def sentences(tree):
    """What the calls of interest say: the message of a refusal, the summary of an outcome; names as they were set."""
    for scope in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
        assigned = {}
        for node in ast.walk(scope):
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                assigned.setdefault(node.targets[0].id, []).append(node.value)
        for node in ast.walk(scope):
            if isinstance(node, ast.Call):
                for said in said_by(node):
                    yield from assigned.get(said.id, [said]) if isinstance(said, ast.Name) else [said]


def said_by(call):
    name = name_of(call.func)
    place = 0 if name in REFUSALS else 1 if name in ("Outcome", "_outcome") else None
    if place is None:
        return []
    return call.args[place : place + 1] + [k.value for k in call.keywords if k.arg in ("message", "summary")]


def is_past_gettext(said):
    if isinstance(said, ast.IfExp):
        return is_past_gettext(said.body) or is_past_gettext(said.orelse)
    if isinstance(said, ast.BinOp):
        return is_past_gettext(said.left) or (isinstance(said.op, ast.Add) and is_past_gettext(said.right))
    if isinstance(said, ast.Call) and name_of(said.func) in ("_", "gettext", "ngettext", "recorded"):
        return not all(isinstance(text, ast.Constant) for text in said.args[:1])
    return isinstance(said, ast.JoinedStr) or (isinstance(said, ast.Constant) and any(map(str.isalpha, said.value)))


def past_gettext(source):
    return sorted({said.lineno for said in sentences(ast.parse(source)) if is_past_gettext(said)})


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(SOURCE).as_posix())
def test_no_sentence_is_put_together_past_gettext(path):
    assert past_gettext(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "line",
    [
        'raise Refused("No.")',
        'raise Refused(f"No {x}.")',
        'raise Refused(_(f"No {x}."))',
        "raise Refused(_(x))",
        'raise Refused(_("No.") + " Never.")',
        'return Outcome(x, f"{x} done")',
        'return Outcome(x, summary="done")',
        'words = f"{x} done"; return Outcome(x, words)',
    ],
)
def test_the_walk_finds_one(line):
    assert past_gettext(f"def act(x):\n    {line}") == [2]
