"""Rows as frames of whatever library the notebook has."""

from collections.abc import Sequence
from typing import Any

from fondly.measure.insight.metric import Row


class MissingLibrary(ImportError):
    """A library the notebook asked for is not installed: says how to get it."""


def library(name: str) -> Any:
    """The module. Raises MissingLibrary."""
    from importlib import import_module

    try:
        return import_module(name)
    except ImportError as error:
        raise MissingLibrary(f'{name} is not installed: pip install "fondly[notebook]"') from error


def pandas_of(rows: Sequence[Row]) -> Any:
    return library("pandas").DataFrame(list(rows))


def polars_of(rows: Sequence[Row]) -> Any:
    return library("polars").DataFrame(list(rows), infer_schema_length=None)


def arrow_of(rows: Sequence[Row]) -> Any:
    return library("pyarrow").Table.from_pylist(list(rows))
