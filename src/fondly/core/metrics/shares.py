"""A share and its interval as columns of a frame."""

from typing import Any

import narwhals as nw

from fondly.core.metrics.distributions import two_sided_z
from fondly.core.metrics.estimates import LEVEL


def with_share(frame: nw.LazyFrame[Any], part: str, whole: str, level: float = LEVEL) -> nw.LazyFrame[Any]:
    """Adds `share` = part/whole with Wilson's `low` and `high` (see intervals.wilson) to each row; whole > 0."""
    square = two_sided_z(level) ** 2
    n = nw.col(whole).cast(nw.Float64)
    share = nw.col(part).cast(nw.Float64) / n
    weight = square / n
    centre = (share + weight / 2) / (1 + weight)
    half = ((share * (1 - share) / n + weight / (4 * n)) * square).sqrt() / (1 + weight)
    return frame.with_columns(share=share, low=centre - half, high=centre + half)
