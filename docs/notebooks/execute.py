"""Run a notebook's cells and keep what they show: `python docs/notebooks/execute.py numbers.ipynb URL KEY [--write]`.

`fondly demo --clock 2026-03-02T09:00 --no-browser` is the install the outputs in the file come from. The first code
cell, which says where the install is, is replaced by URL and KEY. Needs no Jupyter.
"""

import argparse
import ast
import contextlib
import io
import json
from pathlib import Path
from typing import Any


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("url")
    parser.add_argument("key")
    parser.add_argument("--write", action="store_true", help="keep the outputs in the file")
    given = parser.parse_args()
    notebook = json.loads(given.file.read_text("utf-8"))
    for cell, shown in zip(code_cells(notebook), outputs(notebook, given.url, given.key), strict=True):
        cell["outputs"] = [shown] if shown else []
        print("".join(shown["data"]["text/plain"]) if shown else "")
    if given.write:
        given.file.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", "utf-8")
    return 0


def code_cells(notebook: dict[str, Any]) -> list[dict[str, Any]]:
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def outputs(notebook: dict[str, Any], url: str, key: str) -> list[dict[str, Any] | None]:
    """What each code cell shows, None for nothing."""
    names: dict[str, Any] = {}
    sources = ["".join(cell["source"]) for cell in code_cells(notebook)]
    sources[0] = f"url, key = {url!r}, {key!r}"
    return [_output(place, _run(source, names)) for place, source in enumerate(sources, start=1)]


def _run(source: str, names: dict[str, Any]) -> str:
    """What is printed, then the last expression's value, as Jupyter does it."""
    tree = ast.parse(source)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(tree, "cell", "exec"), names)
        value = eval(compile(ast.Expression(last.value), "cell", "eval"), names) if last else None
    return printed.getvalue() + (repr(value) if value is not None else "")


def _output(place: int, text: str) -> dict[str, Any] | None:
    if not text:
        return None
    data = {"text/plain": text.splitlines(keepends=True)}
    return {"output_type": "execute_result", "execution_count": place, "metadata": {}, "data": data}


if __name__ == "__main__":
    raise SystemExit(main())
