"""The one layout of a playbook: keys in the usual order, two blanks a level, comments kept.

What the author wrote on one line as {…} or […] stays on one line while it fits, lined up with
its neighbours. Long sentences become blocks. The meaning never changes: this is checked.
"""

import re
import textwrap
from collections.abc import Iterable

from fondly.core.playbook import nodes, writing
from fondly.core.playbook.comments import Attached, attach
from fondly.core.playbook.keys import PLAYBOOK
from fondly.core.playbook.loading import sentences_with_commas
from fondly.core.playbook.nodes import Entry, Mapping, Node, Scalar, Sequence
from fondly.core.playbook.reading import read
from fondly.core.playbook.shapes import Shape

FLOW_WIDTH = 160  # a touchpoint on one line
TEXT_WIDTH = 110  # a sentence before it becomes a block
_TEXT = Shape("text")


def fmt(text: str, *, source: str = "playbook.yaml") -> str:
    """The playbook in its usual layout. Raises PlaybookError when it cannot be read."""
    read(text, source=source)
    plain = text.removeprefix("\ufeff").replace("\r\n", "\n")
    made = plain
    for _ in range(4):  # a block made of a sentence can let its neighbours line up anew
        again = _once(made)
        if again == made:
            break
        made = again
    if meaning(made) != meaning(plain):
        raise AssertionError("the layout would change the meaning")  # a bug of ours; the file stays as it is
    return made


def meaning(text: str) -> object:
    """The values of the text, order of records left out; what `fmt` must not change."""
    root = nodes.compose(text)
    return _plain(root, PLAYBOOK) if root else None


def _plain(node: Node, shape: Shape | None) -> object:
    if isinstance(node, Mapping):
        pairs = [(e.key.text, _plain(e.value, _below(shape, e.key.text))) for e in _entries(node, shape)]
        return dict(pairs) if shape is not None and shape.kind == "record" else pairs
    if isinstance(node, Sequence):
        of = shape.of if shape and shape.kind == "list" else None
        return [_plain(item, of) for item in node.items]
    return None if isinstance(node, Scalar) and node.empty else getattr(node, "text", None)


def _once(text: str) -> str:
    root = nodes.compose(text)
    assert isinstance(root, Mapping)
    writer = _Writer(text, attach(text, root))
    if root.flow:
        root.flow = False
    writer.mapping(root, PLAYBOOK, 0)
    lines = [*writer.lines, *_squeezed(writer.attached.footer)]
    start = next((index for index, line in enumerate(lines) if line), 0)
    return "\n".join(lines[start:]).rstrip("\n") + "\n"


def _below(shape: Shape | None, name: str) -> Shape | None:
    """The shape of one entry."""
    if shape is None:
        return None
    if shape.kind == "either":
        shape = next((o for o in shape.options if o.kind in ("record", "map")), shape)
    return shape.keys.get(name) or (shape.of if shape.kind == "map" else None)


def _as_mapping(shape: Shape | None) -> Shape | None:
    if shape is not None and shape.kind == "either":
        return next((option for option in shape.options if option.kind in ("record", "map")), None)
    return shape


def _entries(node: Mapping, shape: Shape | None) -> list[Entry]:
    shape = _as_mapping(shape)
    return sentences_with_commas(node, shape) if node.flow and shape is not None else node.entries


def _ordered(entries: list[Entry], shape: Shape | None) -> list[Entry]:
    """Records in the order of `keys.py`; what the author named keeps its order."""
    shape = _as_mapping(shape)
    if shape is None or shape.kind != "record":
        return entries
    order = {name: index for index, name in enumerate(shape.keys)}
    return sorted(entries, key=lambda entry: order.get(entry.key.text, len(order)))


class _Writer:
    def __init__(self, text: str, attached: Attached) -> None:
        self.text, self.attached = text, attached
        self.lines: list[str] = []

    def mapping(self, node: Mapping, shape: Shape | None, indent: int) -> None:
        entries = _ordered(_entries(node, shape), shape)
        widths = self._widths(entries, shape, indent)
        for index, entry in enumerate(entries):
            self._entry(entry, _below(shape, entry.key.text), indent, widths[index], index == 0)

    def _widths(self, entries: list[Entry], shape: Shape | None, indent: int) -> list[int]:
        """How far to the right the value of each entry stands: neighbours on one line are lined up."""
        keys = [len(writing.scalar(entry.key.text)) for entry in entries]
        runs: list[list[int]] = []
        for index, entry in enumerate(entries):
            below = _below(shape, entry.key.text)
            one = (
                isinstance(entry.value, Mapping) and self._one_line(entry.value, below, indent, keys[index]) is not None
            )
            apart = bool(self.attached.of(entry).before)
            if one and runs and runs[-1][-1] == index - 1 and not apart:
                runs[-1].append(index)
            elif one:
                runs.append([index])
        made = [0] * len(entries)
        for run in runs:
            for index in run:
                made[index] = max(keys[other] for other in run)
        return made

    def _entry(self, entry: Entry, shape: Shape | None, indent: int, width: int, first: bool) -> None:
        notes, lead = self.attached.of(entry), " " * indent
        self._comments(notes.before, lead, first)
        key = writing.scalar(entry.key.text)
        space = " " * max(0, width - len(key))
        beside = _beside(notes.beside)
        one = self._one_line(entry.value, shape, indent, max(len(key), width))
        if one is not None:
            self.lines.append(f"{lead}{key}:{space if one else ''}{' ' + one if one else ''}{beside}")
        elif isinstance(entry.value, Scalar):
            self._text(entry.value, f"{lead}{key}:", beside, indent)
        else:
            self.lines.append(f"{lead}{key}:{beside}")
            self._block(entry.value, shape, indent + 2)
        self._comments(notes.after, lead + "  ", True)

    def _block(self, node: Node, shape: Shape | None, indent: int) -> None:
        if isinstance(node, Mapping):
            self.mapping(node, shape, indent)
        elif isinstance(node, Sequence):
            of = shape.of if shape is not None and shape.kind == "list" else None
            for index, item in enumerate(node.items):
                self._item(item, of, indent, index == 0)

    def _item(self, item: Node, shape: Shape | None, indent: int, first: bool) -> None:
        notes, lead = self.attached.of(item), " " * indent
        self._comments(notes.before, lead, first)
        beside = _beside(notes.beside)
        self.lines.append(f"{lead}- {_flow(item, shape, bare=isinstance(item, Scalar))}{beside}")
        self._comments(notes.after, lead, True)

    def _comments(self, comments: list[str], lead: str, first: bool) -> None:
        for comment in _squeezed(comments):
            if comment or (not (first and not self.lines) and (not self.lines or self.lines[-1])):
                self.lines.append(f"{lead}{comment}" if comment else "")

    def _one_line(self, node: Node, shape: Shape | None, indent: int, key: int) -> str | None:
        """The value on the line of its key; None when it needs lines of its own."""
        room = indent + key + 2
        if isinstance(node, Scalar):
            if node.style in ("|", ">") or "\n" in node.text:
                return None
            made = _scalar(node, shape, flow=False)
            return made if len(made) + room <= TEXT_WIDTH or not _foldable(node.text) else None
        if isinstance(node, Mapping | Sequence) and (node.flow or not _children(node)):
            if _children(node) == 0:
                return "{}" if isinstance(node, Mapping) else "[]"
            made = _flow(node, shape)
            return made if len(made) + room <= FLOW_WIDTH or _only_flow(node) else None
        return None

    def _text(self, node: Scalar, head: str, beside: str, indent: int) -> None:
        lead = " " * (indent + 2)
        if node.style in ("|", ">"):
            raw = self._raw_block(node, lead)
            if raw is not None:
                self.lines += [f"{head} {raw[0]}{beside}", *raw[1:]]
                return
        if "\n" not in node.text and _foldable(node.text):
            self.lines += [f"{head} >-{beside}", *(lead + line for line in _wrapped(node.text, TEXT_WIDTH - len(lead)))]
            return
        written = writing.block(node.text, indent).split("\n")
        self.lines += [f"{head}{written[0]}{beside}", *written[1:]]

    def _raw_block(self, node: Scalar, lead: str) -> list[str] | None:
        """A | or > block with its lines as written, moved to the new depth; None when that is not safe."""
        body = self.text[node.start : node.end].rstrip().split("\n")
        header, lines = body[0].split("#")[0].strip(), body[1:]
        filled = [line for line in lines if line.strip()]
        if not re.fullmatch(r"[|>]-?", header) or not filled or filled[0] != lines[0]:
            return None
        depth = len(lines[0]) - len(lines[0].lstrip(" "))
        if any(len(line) - len(line.lstrip(" ")) < depth for line in filled):
            return None
        return [header, *(lead + line[depth:].rstrip("\r") if line.strip() else "" for line in lines)]


def _beside(comments: list[str]) -> str:
    """Several comments of what is one line now, behind each other."""
    return "  " + " ".join(comments) if comments else ""


def _children(node: Node) -> int:
    return len(node.entries) if isinstance(node, Mapping) else len(node.items) if isinstance(node, Sequence) else 0


def _only_flow(node: Node) -> bool:
    """A list that holds maps or lists stays on its line; there is no short block for it."""
    return isinstance(node, Sequence) and any(isinstance(item, Mapping | Sequence) for item in node.items)


def _foldable(text: str) -> bool:
    """A sentence that can be written over several lines and read back the same."""
    return " " in text.strip() and not re.search(r"  |\s{2}|^\s|\s$|[\t\x00-\x1f\x7f\x85\u2028\u2029\ufeff]", text)


def _wrapped(text: str, width: int) -> list[str]:
    """The lines of a sentence; {{ … }} is never broken."""
    held = re.sub(r"\{\{.*?\}\}|\{%.*?%\}", lambda match: match[0].replace(" ", "\0"), text)
    lines = textwrap.wrap(held, max(width, 40), break_long_words=False, break_on_hyphens=False)
    return [line.replace("\0", " ") for line in lines]


def _scalar(node: Scalar, shape: Shape | None, *, flow: bool) -> str:
    if node.empty:
        return ""
    typed = shape is not None and not node.style and _is_typed(shape)
    made = writing.scalar(node.text, flow=flow, typed=typed)
    return writing.quoted(node.text) if node.style in ("'", '"') else made


def _is_typed(shape: Shape) -> bool:
    return shape.kind in ("number", "yes_no") or any(_is_typed(option) for option in shape.options)


def _flow(node: Node, shape: Shape | None, *, bare: bool = False) -> str:
    """The value on one line."""
    if isinstance(node, Mapping):
        entries: Iterable[Entry] = _ordered(_entries(node, shape), shape)
        parts = [
            f"{writing.scalar(e.key.text, flow=True)}: {_flow(e.value, _below(shape, e.key.text))}" for e in entries
        ]
        return "{" + ", ".join(parts) + "}"
    if isinstance(node, Sequence):
        of = shape.of if shape is not None and shape.kind == "list" else None
        return "[" + ", ".join(_flow(item, of) for item in node.items) + "]"
    assert isinstance(node, Scalar)
    return _scalar(node, shape, flow=not bare)


def _squeezed(lines: list[str]) -> list[str]:
    """At most one blank line in a row."""
    return [line for index, line in enumerate(lines) if line or index == 0 or lines[index - 1]]
