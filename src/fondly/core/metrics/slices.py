"""A few rows at a time."""

from collections.abc import Iterator

_NUMBERS_IN_CACHE = 8192


def in_cache(rows: int, width: int = 1) -> Iterator[slice]:
    """Slices of rows of so many numbers, small enough to stay in the processor's cache and on one of its cores.

    Larger products are shared out to threads by the linear algebra library, which on a busy machine wait for each other
    longer than the product takes.
    """
    step = max(1, _NUMBERS_IN_CACHE // width)
    return (slice(start, start + step) for start in range(0, rows, step))
