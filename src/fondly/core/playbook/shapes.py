"""The shapes a value of the playbook file can have. `keys.py` is written in these words;
the reader, the JSON Schema and `fmt` all follow the same table."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

ShapeKind = Literal["text", "number", "yes_no", "choice", "list", "map", "record", "either"]


@dataclass(frozen=True, slots=True)
class Shape:
    """What is allowed at one place of the file.

    kind `list`: a list of `of`; one bare word is read as a list of one.
    kind `map`: names chosen by the author, each with a value `of`; `free` allows any text as a name.
    kind `record`: the `keys` of the format, those in `required` must be there.
    kind `either`: the first of `options` that fits the node (text, list or mapping).
    """

    kind: ShapeKind
    about: str = ""
    choices: tuple[str, ...] = ()
    of: "Shape | None" = None
    free: bool = False
    keys: Mapping[str, "Shape"] = field(default_factory=lambda: MappingProxyType({}))
    required: tuple[str, ...] = ()
    options: tuple["Shape", ...] = ()
    example: str = ""
    low: float | None = None
    high: float | None = None


def text(about: str = "", example: str = "") -> Shape:
    return Shape("text", about, example=example)


def number(about: str = "", low: float | None = 0, high: float | None = None) -> Shape:
    return Shape("number", about, low=low, high=high)


def yes_no(about: str = "") -> Shape:
    return Shape("yes_no", about)


def choice(*choices: str, about: str = "") -> Shape:
    return Shape("choice", about, choices=choices)


def list_of(shape: Shape, about: str = "") -> Shape:
    return Shape("list", about, of=shape)


def map_of(shape: Shape, about: str = "", *, free: bool = False) -> Shape:
    return Shape("map", about, of=shape, free=free)


def record(keys: Mapping[str, Shape], about: str = "", required: tuple[str, ...] = ()) -> Shape:
    return Shape("record", about, keys=MappingProxyType(dict(keys)), required=required)


def either(*options: Shape, about: str = "", example: str = "") -> Shape:
    return Shape("either", about, options=options, example=example)
