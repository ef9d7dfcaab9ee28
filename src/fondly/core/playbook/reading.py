"""Reads a playbook: one file, or the files of a folder, as text."""

import re
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from fondly.core.playbook import nodes
from fondly.core.playbook.building import Builder
from fondly.core.playbook.diagnosing import diagnose
from fondly.core.playbook.keys import PLAYBOOK
from fondly.core.playbook.loading import Loader
from fondly.core.playbook.model import Playbook
from fondly.core.playbook.problems import PlaybookError, Problem
from fondly.core.words import say

__all__ = ["PlaybookError", "Problem", "read", "read_files"]
MOST_MENDS = 25


def read(text: str, *, source: str = "playbook.yaml") -> Playbook:
    """The playbook in `text`. Raises PlaybookError with every problem found."""
    return read_files({source: text}, main=source)


def read_files(files: Mapping[str, str], *, main: str = "playbook.yaml") -> Playbook:
    """The playbook of a folder, file name -> text.

    `main` is the playbook; `templates/NAME.md` and `documents/NAME.md` add templates and documents
    (front matter between two `---` lines, then the body). Raises PlaybookError.
    """
    if main not in files:
        advice = say("A playbook folder holds {main}, and if you like templates/*.md and documents/*.md.", main=main)
        raise PlaybookError((Problem(main, 1, 1, say("there is no {main}", main=main), advice),))
    text = files[main].removeprefix("\ufeff")
    loader = Loader(main, text.splitlines())
    tree = _tree(text, loader)
    values = _values(tree, loader)
    sources = _add_texts(values, files, loader)
    playbook = Builder(values, loader).build()
    if loader.problems:
        raise PlaybookError(
            tuple(sorted(loader.problems, key=lambda p: (p.source != main, p.source, p.line, p.column)))
        )
    return replace(playbook, sources=MappingProxyType(sources))


def _tree(text: str, loader: Loader) -> nodes.Node | None:
    """The tree of the text. Slips we can mend are noted and mended, so that the rest is read too."""
    lines = text.splitlines()
    seen: set[tuple[int, str]] = set()
    for _ in range(MOST_MENDS):
        try:
            return nodes.compose("\n".join(lines) + "\n" if seen else text)
        except nodes.SyntaxProblem as error:
            found = diagnose(error, lines)
            loader.problem((found.line + 1, found.column + 1), found.message, found.advice, text=found.text)
            if found.mended is None or (found.line, found.mended) in seen or found.mended == lines[found.line]:
                break
            seen.add((found.line, found.mended))
            lines[found.line] = found.mended
    raise PlaybookError(_first_per_line(loader.problems))


def _first_per_line(problems: list[Problem]) -> tuple[Problem, ...]:
    by_line = {problem.line: problem for problem in reversed(problems)}
    return tuple(by_line[line] for line in sorted(by_line))


def _values(tree: nodes.Node | None, loader: Loader) -> dict[str, object]:
    if tree is None or (isinstance(tree, nodes.Scalar) and tree.empty):
        loader.problem(
            (1, 1), say("the file is empty"), say("Begin with `name: Your business`, or copy a starter: fondly new.")
        )
        raise PlaybookError(tuple(loader.problems))
    if not isinstance(tree, nodes.Mapping):
        loader.problem(
            tree, say("this is not a playbook"), say("A playbook is lines of `name: value`; begin with `name: …`.")
        )
        raise PlaybookError(tuple(loader.problems))
    values: dict[str, object] = loader.load(tree, PLAYBOOK, "")
    return values


_TEXT_FILE = re.compile(r"(templates|documents)/([^/]+)\.md")
_FRONT = re.compile(r"---[ \t]*\n(.*?)(?:^|\n)---[ \t]*(?:\n|$)(.*)", re.DOTALL)


def _add_texts(values: dict[str, object], files: Mapping[str, str], loader: Loader) -> dict[str, str]:
    """Adds the texts of the folder to the values; gives path -> file name for findings."""
    sources: dict[str, str] = {}
    for file, text in files.items():
        match = _TEXT_FILE.fullmatch(file)
        if match:
            _add_text(values, loader, file, match[1], match[2], text.removeprefix("\ufeff").replace("\r\n", "\n"))
            sources[f"{match[1]}.{match[2]}"] = file
    return sources


def _add_text(values: dict[str, object], loader: Loader, file: str, kind: str, name: str, text: str) -> None:
    group = values.setdefault(kind, {})
    path = f"{kind}.{name}"
    inner = Loader(file, text.splitlines(), loader.problems)
    if not isinstance(group, dict):  # its own problem is already noted
        return
    if not re.fullmatch(r"[^\W\d]\w*", name):
        inner.problem(
            (1, 1),
            say('"{name}" cannot be a name', name=name),
            say("Name the file in one word: letters, digits and _."),
            path,
        )
    if name in group and kind == "templates":
        inner.problem(
            (1, 1), say("{path} is also written in the playbook", path=path), say("Keep it in one place."), path
        )
        return
    shape = PLAYBOOK.keys[kind].of
    front = _FRONT.match(text)
    head, body = (front[1], front[2]) if front else ("", text)
    shifted = "\n" + head  # line numbers count the first ---
    tree = _tree(shifted, inner) if head.strip() else None
    record = inner.load(tree, shape, path) if tree is not None and shape else {}
    record = record if isinstance(record, dict) else {}
    record["body" if kind == "templates" else "text"] = body.strip("\n")
    group[name] = {**(group.get(name) or {}), **record}
    loader.marks.update(inner.marks)
    loader.marks.setdefault(path, (1, 1))
