"""What could be chance when many figures are looked at together."""

from collections.abc import Sequence

import numpy as np

from fondly.core.metrics.estimates import LEVEL


def holm(chances: Sequence[float], alpha: float = 1 - LEVEL) -> list[bool]:
    """Which of several p could be chance, so that any is wrongly said not to be with at most alpha (Holm 1979)."""
    could_be = [True] * len(chances)
    for rank, place in enumerate(np.argsort(chances, kind="stable").tolist()):
        if chances[place] > alpha / (len(chances) - rank):
            break
        could_be[place] = False
    return could_be
