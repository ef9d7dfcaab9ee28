"""Many looks at chance."""

import numpy as np

from fondly.core.metrics.chance import holm


def test_holm():
    assert holm([0.04, 0.001, 0.02], 0.05) == [False, False, False]
    assert holm([0.04, 0.001, 0.03], 0.05) == [True, False, True]


def test_any_false_find_in_twenty_at_most():
    drawn = np.random.default_rng(1).random((4000, 10))
    assert 0.035 < np.mean([not all(holm(row.tolist())) for row in drawn]) <= 0.06
