"""`fondly config`: every setting, its value with secrets hidden, and where the value came from."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fondly.ground.config import Value


def show(*, as_json: bool) -> int:
    """Print all settings. A setting that cannot be used is said, with exit code 1."""
    from fondly.ground import config

    try:
        values = config.load()
    except config.ConfigError as error:
        sys.exit(f"fondly: {error}")
    if as_json:
        print(json.dumps([_as_json(value) for value in values.values()], indent=1))
        return 0
    width = max(len(name) for name in values)
    for name, value in values.items():
        print(f"{name:{width}}  {value.shown or '(empty)'}")
        print(f"{'':{width}}  {value.option.meaning}. From: {_source(value)}")
    return 0


def _as_json(value: Value) -> dict[str, object]:
    option = value.option
    return {
        "name": option.name,
        "value": value.shown,
        "source": _source(value),
        "default": option.default,
        "secret": option.secret,
        "meaning": option.meaning,
    }


def _source(value: Value) -> str:
    if value.option.name == "FONDLY_SECRET_KEY" and not value.text:
        return "made at first start"
    return str(value.source)
