"""What the extra `metrics` brings, asked for only where it is needed."""

import importlib
from typing import Any


class MissingExtra(ImportError):
    """An optional package is not installed; the message says how to get it."""


def special_functions(what_for: str) -> Any:
    """scipy.special. Raises MissingExtra where SciPy is not installed."""
    try:
        return importlib.import_module("scipy.special")
    except ImportError as error:
        raise MissingExtra(f'{what_for} needs SciPy: pip install "fondly[metrics]"') from error
