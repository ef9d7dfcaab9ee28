"""Every requirement of the engine has its row, and every test named there exists."""

import ast
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "explanation" / "requirements.md"
COUNTS = {"E": 9, "T": 12, "S": 8, "P": 6, "O": 17, "C": 10, "R": 5, "V": 7}
ROW = re.compile(r"^\| ([A-Z]\d+) \| (.+?) \| (.*?) \| (.*?) \|$", re.MULTILINE)
NAMED = re.compile(r"`([\w/.]+\.py)::(\w+)`")


def rows():
    return ROW.findall(PAGE.read_text(encoding="utf-8"))


@cache
def functions_of(path):
    """The names of the functions of a file, read without running it."""
    file = ROOT / "tests" / path
    tree = ast.parse(file.read_text(encoding="utf-8") if file.exists() else "")
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_every_requirement_is_there_once():
    wanted = [f"{letter}{number}" for letter, count in COUNTS.items() for number in range(1, count + 1)]
    assert [row[0] for row in rows()] == wanted


def test_every_named_test_exists():
    named = [(row[0], path, name) for row in rows() for path, name in NAMED.findall(row[2])]
    assert len(named) > len(rows())
    missing = [found for found in named if found[2] not in functions_of(found[1])]
    assert missing == []


def test_a_row_without_a_test_says_why():
    assert [number for number, _, tests, note in rows() if not NAMED.search(tests) and len(note) < 20] == []
