"""The one character no text may hold: PostgreSQL cannot keep it, in a text or in JSON."""

from typing import Any


def where(value: Any, pointer: str = "") -> list[str]:
    """Where in a value (texts, lists, dicts) a NUL stands, as JSON pointers; nothing when there is none."""
    if isinstance(value, str):
        return [pointer] if "\0" in value else []
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list | tuple) else ()
    return [found for key, inner in pairs for found in where(inner, f"{pointer}/{key}")]
