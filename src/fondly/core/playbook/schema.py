"""JSON Schema (2020-12) of the playbook file, for editors. Made from `keys.py`."""

from typing import Any

from fondly.core.playbook.keys import PLAYBOOK
from fondly.core.playbook.shapes import Shape

NAME = r"^[^\W\d]\w*$"
TITLE = "Fondly playbook"


def schema() -> dict[str, Any]:
    """The schema as plain values."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://fondly.example/playbook.schema.json",
        "title": TITLE,
        **_of(PLAYBOOK),
    }


def _of(shape: Shape) -> dict[str, Any]:
    made: dict[str, Any] = {"description": shape.about} if shape.about else {}
    if shape.example:
        made["examples"] = [shape.example]
    return {**made, **_KINDS[shape.kind](shape)}


def _text(shape: Shape) -> dict[str, Any]:
    # An editor reads 150, true or 2026-11-01 without quotes as something else than text; all are text to us.
    return {"type": ["string", "number", "boolean", "null"]}


def _number(shape: Shape) -> dict[str, Any]:
    limits = {"minimum": shape.low, "maximum": shape.high}
    return {"type": ["number", "null"], **{key: value for key, value in limits.items() if value is not None}}


def _yes_no(shape: Shape) -> dict[str, Any]:
    return {"enum": [True, False, "yes", "no", None]}


def _choice(shape: Shape) -> dict[str, Any]:
    return {"enum": [*shape.choices, None]}


def _list(shape: Shape) -> dict[str, Any]:
    item = _of(shape.of or Shape("text"))
    return {"anyOf": [{"type": "array", "items": item}, item, {"type": "null"}]}


def _map(shape: Shape) -> dict[str, Any]:
    of = shape.of or Shape("text")
    made: dict[str, Any] = {"type": ["object", "null"], "additionalProperties": _of(of)}
    if shape.keys:
        made["properties"] = {name: _of(key) for name, key in shape.keys.items()}
    if not shape.free:
        made["propertyNames"] = {"pattern": NAME}
    return made


def _record(shape: Shape) -> dict[str, Any]:
    made = {
        "type": ["object", "null"],
        "properties": {name: _of(key) for name, key in shape.keys.items()},
        "additionalProperties": False,
    }
    return {**made, "required": list(shape.required)} if shape.required else made


def _either(shape: Shape) -> dict[str, Any]:
    return {"anyOf": [_of(option) for option in shape.options]}


_KINDS = {
    "text": _text, "number": _number, "yes_no": _yes_no, "choice": _choice, "list": _list, "map": _map,
    "record": _record, "either": _either,
}  # fmt: skip


def reference() -> str:
    """Every key of the playbook file as a Markdown page."""
    parts = [
        "# The playbook file\n",
        "Every key, in the order `fondly fmt` writes. Made from the table the reader uses.\n",
    ]
    seen: list[tuple[str, Shape]] = [("", PLAYBOOK)]
    for path, shape in seen:
        rows = [_row(name, below) for name, below in shape.keys.items()]
        parts.append(
            f"## {path or 'playbook.yaml'}\n\n| key | what | written as |\n|---|---|---|\n" + "\n".join(rows) + "\n"
        )
        for name, below in shape.keys.items():
            seen += [(f"{path}.{name}".lstrip(".") + mark, part) for mark, part in _parts(below) if part.keys]
        inner = shape.of
        if inner is not None and inner.keys:
            seen.append((f"{path}.NAME", inner))
    return "\n".join(parts)


def _parts(shape: Shape) -> list[tuple[str, Shape]]:
    """The shapes below a key that have keys of their own."""
    if shape.kind == "either":
        return [found for option in shape.options for found in _parts(option)]
    if shape.kind == "record" or shape.keys:
        return [("", shape)]
    return [(".NAME", shape.of)] if shape.kind == "map" and shape.of is not None and shape.of.keys else []


def _row(name: str, shape: Shape) -> str:
    example = f", for example `{shape.example}`" if shape.example else ""
    about = shape.about or (shape.of.about if shape.of else "")
    return f"| `{name}` | {about.replace('|', '/')} | {_written(shape)}{example} |"


def _written(shape: Shape) -> str:
    words = {"text": "text", "number": "a number", "yes_no": "true or false", "list": "a list", "map": "by name",
             "record": "keys"}  # fmt: skip
    if shape.kind == "choice":
        return " or ".join(f"`{option}`" for option in shape.choices)
    if shape.kind == "either":
        return " or ".join(dict.fromkeys(_written(option) for option in shape.options))
    return words[shape.kind]
