"""Changes one value in the text of a playbook; everything else stays as it is, comments and order too."""

import re
from collections.abc import Mapping as AnyMapping
from typing import Any

from fondly.core.playbook import nodes, writing
from fondly.core.playbook.nodes import Entry, Mapping, Node, Scalar, Sequence
from fondly.core.words import say


class EditError(ValueError):
    """The path does not exist or cannot take the value."""


def edit(text: str, path: str, value: Any) -> str:
    """The text with the value at `path` set ("brand.promise", "stages.new.covers.0"); None removes it.

    value: text, number, true/false, a list or a mapping. Missing parents are made. Raises EditError.
    """
    plain = text.removeprefix("\ufeff").replace("\r\n", "\n")
    made = _edited(plain, path.split("."), value)
    _prove(made, path, value)
    made = made.replace("\n", "\r\n") if "\r\n" in text else made
    return "\ufeff" + made if text.startswith("\ufeff") else made


def add_touchpoint(text: str, stage: str, touchpoint: str | AnyMapping[str, Any], name: str = "") -> str:
    """The text with one touchpoint more in `stage`.

    touchpoint: a mapping in the keys of the format, or a sentence "call 2 days after entry". name: made from
    it when empty. Raises EditError.
    """
    values = dict(touchpoint) if isinstance(touchpoint, AnyMapping) else _from_sentence(touchpoint)
    base = name or re.sub(
        r"\W+", "_", str(values.pop("name", "") or values.get("template") or values["channel"])
    ).strip("_")
    values.pop("name", None)
    taken = _touchpoint_names(text)
    found, number = base, 2
    while found in taken:
        found, number = f"{base}_{number}", number + 1
    return edit(text, f"stages.{stage}.touchpoints.{found}", values)


_BY = {
    "call": "phone",
    "phone": "phone",
    "email": "email",
    "mail": "email",
    "letter": "letter",
    "card": "letter",
    "text": "sms",
    "sms": "sms",
    "visit": "in_person",
    "meet": "in_person",
    "video": "video",
    "gift": "letter",
}
_SENTENCE = re.compile(r"(?P<what>.*?)\s*\b(?P<when>(?:on|every|yearly|\d+|an?|one|two|three)\s.*)", re.IGNORECASE)


def _from_sentence(sentence: str) -> dict[str, Any]:
    """`call 2 days after entry` -> channel phone, when `2 days after entry`."""
    match = _SENTENCE.fullmatch(" ".join(sentence.split()))
    if not match or not match["what"]:
        raise EditError(say('Say what and when, for example "call 2 days after entry".'))
    words = match["what"].casefold().split()
    channel = next((_BY[word] for word in words if word in _BY), "")
    if not channel:
        raise EditError(say("Say how, with one of these words: {words}.", words=", ".join(_BY)))
    kind = "wow" if "wow" in words else ("relationship" if channel in ("phone", "letter", "in_person") else "work")
    return {"name": "_".join(words), "kind": kind, "channel": channel, "when": match["when"]}


def _touchpoint_names(text: str) -> set[str]:
    root = _tree(text.removeprefix("\ufeff"))
    stages = root.get("stages")
    found: set[str] = set()
    for entry in stages.entries if isinstance(stages, Mapping) else ():
        inner = entry.value.get("touchpoints") if isinstance(entry.value, Mapping) else None
        found |= {t.key.text for t in inner.entries} if isinstance(inner, Mapping) else set()
    return found


def _tree(text: str) -> Mapping:
    try:
        root = nodes.compose(text)
    except nodes.SyntaxProblem as error:
        raise EditError(say("line {line} cannot be read: {what}", line=error.line + 1, what=error.what)) from None
    if root is None or (isinstance(root, Scalar) and root.empty):
        return Mapping(0, 0, len(text), len(text))
    if not isinstance(root, Mapping):
        raise EditError(say("this is not a playbook"))
    return root


def _edited(text: str, path: list[str], value: Any) -> str:
    node: Node = _tree(text)
    for depth, name in enumerate(path):
        last = depth == len(path) - 1
        if isinstance(node, Sequence):
            node = _item(node, name)
            if last:
                return _replace(text, node, value, flow=True)
            continue
        if not isinstance(node, Mapping):
            raise EditError(say("{path} has no parts", path=".".join(path[:depth])))
        entry = next((e for e in node.entries if e.key.text == name), None)
        if entry is None:
            return text if value is None else _insert(text, node, name, _nested(path[depth + 1 :], value))
        if last:
            return _set(text, node, entry, value)
        if isinstance(entry.value, Scalar) and entry.value.empty:
            return text if value is None else _set(text, node, entry, _nested(path[depth + 1 :], value))
        node = entry.value
    raise EditError(say("a path is needed"))


def _item(node: Sequence, name: str) -> Node:
    if not name.isdigit() or int(name) >= len(node.items):
        raise EditError(say("there is no item {name}; the list has {count}", name=name, count=len(node.items)))
    return node.items[int(name)]


def _nested(path: list[str], value: Any) -> Any:
    for name in reversed(path):
        value = {name: value}
    return value


def end_of(node: Node, text: str) -> int:
    """Where the value really ends, without the blank lines and comments libyaml counts in."""
    if isinstance(node, Scalar):
        return node.start + len(text[node.start : node.end].rstrip()) if node.style in ("|", ">") else node.end
    if isinstance(node, Mapping) and not node.flow and node.entries:
        last = node.entries[-1]
        return max(end_of(last.value, text), last.key.end + 1)
    if isinstance(node, Sequence) and not node.flow and node.items:
        return end_of(node.items[-1], text)
    return node.end


def _set(text: str, parent: Mapping, entry: Entry, value: Any) -> str:
    if value is None:
        return _remove(text, parent, entry)
    colon = text.index(":", entry.key.end) + 1
    if parent.flow:
        end = max(end_of(entry.value, text), colon)
        return f"{text[:colon]} {writing.inline(value)}{text[end:]}"
    end = max(end_of(entry.value, text), colon)
    written = writing.block(value, entry.key.column)
    rest = text[end:]
    heading = re.match(r"[ \t]+#[^\n]*(?=\n)", text[colon:])
    if heading and written.startswith("\n"):
        written = heading[0] + written
    comment = None if heading else re.match(r"[ \t]*#[^\n]*", rest)
    if "\n" in written and comment:  # the comment of a line stays with its key
        first, _, more = written.partition("\n")
        return f"{text[:colon]}{first}  {comment[0].strip()}\n{more}{rest[comment.end() :]}"
    return f"{text[:colon]}{written}{rest}"


def _replace(text: str, node: Node, value: Any, *, flow: bool) -> str:
    if value is None:
        raise EditError(say("an item is removed by writing the list without it"))
    return text[: node.start] + writing.inline(value) + text[end_of(node, text) :]


def _insert(text: str, parent: Mapping, name: str, value: Any) -> str:
    if parent.flow:
        at = parent.end - 1
        before = text[:at].rstrip()
        comma = "" if before.endswith(("{", ",")) else ","
        space = " " if comma or before.endswith(",") else ""
        return f"{before}{comma}{space}{writing.scalar(name, flow=True)}: {writing.inline(value)}{text[at:]}"
    if not parent.entries:
        lead = text if not text or text.endswith("\n") else text + "\n"
        return f"{lead}{writing.scalar(name)}:{writing.block(value, 0)}\n"
    column = parent.entries[0].key.column
    end = text.find("\n", end_of(parent, text))
    end = len(text) if end < 0 else end
    line = f"\n{' ' * column}{writing.scalar(name)}:{writing.block(value, column)}"
    return text[:end] + line + (text[end:] or "\n")


def _remove(text: str, parent: Mapping, entry: Entry) -> str:
    end = max(end_of(entry.value, text), text.index(":", entry.key.end) + 1)
    if parent.flow:
        after = re.match(r"\s*,[ \t]*", text[end:])
        if after:
            return text[: entry.key.start] + text[end + after.end() :]
        before = re.search(r"(,?\s*)$", text[: entry.key.start])
        return text[: before.start() if before else entry.key.start] + text[end:]
    start = text.rfind("\n", 0, entry.key.start) + 1
    stop = text.find("\n", end)
    return text[:start] + (text[stop + 1 :] if stop >= 0 else "")


def _prove(text: str, path: str, value: Any) -> None:
    """The new text says what was asked; if not, nothing is changed."""
    node: Node | None = _tree(text)
    for name in path.split("."):
        if isinstance(node, Sequence):
            node = _item(node, name)
        else:
            node = node.get(name) if isinstance(node, Mapping) else None
    if (None if node is None else plain(node)) != _as_plain(value):
        raise EditError(say("{path} cannot be changed in this place; edit the file by hand", path=path))


def plain(node: Node) -> Any:
    """The tree as maps, lists and text; an empty value is ""."""
    if isinstance(node, Mapping):
        return {entry.key.text: plain(entry.value) for entry in node.entries}
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    return node.text if isinstance(node, Scalar) and not node.empty else ""


def _as_plain(value: Any) -> Any:
    if isinstance(value, AnyMapping):
        return {str(key): _as_plain(part) for key, part in value.items()} or ""
    if isinstance(value, list | tuple):
        return [_as_plain(part) for part in value]
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if value is None else str(value)
