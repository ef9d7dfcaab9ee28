"""All entries of data/ab_anchors.json, each with its source there."""

import json
from pathlib import Path

import numpy as np
import pytest

from fondly.core.metrics.experiments import always_valid, boundaries, fixed, samples, sizes

ANCHORS = {
    one["id"]: one for one in json.loads((Path(__file__).parents[1] / "data" / "ab_anchors.json").read_text("utf-8"))
}
FIVE = [0.2, 0.4, 0.6, 0.8, 1.0]


def anchor(name):
    return ANCHORS[name].get("inputs"), ANCHORS[name]["expected"]


def close(value, digits=5):
    return pytest.approx(value, abs=0.51 * 10**-digits)


def arms(inputs):
    return [samples.sums(one["n"], one["sum"], one["sum_squares"]) for one in (inputs["a"], inputs["b"])]


def test_one_share():
    given, expected = anchor("statsmodels-1sample-z")
    found = fixed.one_share(given["count"], given["nobs"], given["value"])
    assert (found.statistic, found.p) == (pytest.approx(expected["z"]), pytest.approx(expected["p"]))


def test_two_shares():
    given, expected = anchor("statsmodels-2sample-z")
    found = fixed.two_shares(*zip(given["count"], given["nobs"], strict=True))
    assert (found.statistic, found.p) == (pytest.approx(expected["z"]), pytest.approx(expected["p"]))


@pytest.mark.parametrize("day", ["1", "7"])
def test_cookie_cats(day):
    given, expected = anchor(f"cookie-cats-retention-{day}")
    found = fixed.two_shares(tuple(given["control"]), tuple(given["treatment"]))
    assert (found.statistic, found.p) == (pytest.approx(expected["z"]), pytest.approx(expected["p"]))
    if day == "7":
        assert samples.share(*given["control"]).mean == close(expected["control_rate"], 6)
        assert samples.share(*given["treatment"]).mean == close(expected["treatment_rate"], 6)


def test_welch_absolute():
    given, expected = anchor("growthbook-welch-absolute")
    effect = fixed.difference(*arms(given))
    seen = fixed.estimate(effect)
    assert (effect.value, effect.error) == (close(expected["diff"]), close(expected["se"]))
    assert [seen.low, seen.high] == [close(one) for one in expected["ci"]]
    assert fixed.welch(effect).p == close(expected["p"])


def test_welch_relative():
    _same, expected = anchor("growthbook-welch-relative")
    _check_lift(fixed.lift(*arms(anchor("growthbook-welch-absolute")[0])), expected)


def test_relative_of_shares():
    given, expected = anchor("growthbook-proportion-relative")
    _check_lift(fixed.lift(samples.share(*given["a"]), samples.share(*given["b"])), expected)


def _check_lift(effect, expected):
    seen = fixed.estimate(effect)
    assert (effect.value, effect.error) == (close(expected["lift"]), close(expected["se"]))
    assert [seen.low, seen.high] == [close(one) for one in expected["ci"]]
    assert fixed.welch(effect).p == close(expected["p"])


def test_sequential_share():
    given, expected = anchor("growthbook-sequential-proportion")
    effect = fixed.lift(samples.share(*given["a"]), samples.share(*given["b"]))
    seen = always_valid.estimate(effect, tuned_for=5000)
    assert (seen.value, effect.error) == (close(expected["lift"]), close(expected["se"]))
    assert [seen.low, seen.high] == [close(one) for one in expected["ci"]]


def test_sequential_mean():
    given, expected = anchor("growthbook-sequential-mean")
    effect = fixed.lift(*arms(given))
    seen = always_valid.estimate(effect, tuned_for=1000)
    assert (seen.value, effect.error) == (close(expected["lift"]), close(expected["se"]))
    assert [seen.low, seen.high] == [close(one) for one in expected["ci"]]
    assert always_valid.p(effect, tuned_for=1000) == expected["p"]


def test_pocock():
    for looks, constant in anchor("pocock-constants")[1].items():
        assert boundaries.pocock(int(looks)) == pytest.approx([constant] * int(looks), abs=0.0006)


def test_obrien_fleming():
    for looks, constant in anchor("obrien-fleming-constants")[1].items():
        found = boundaries.obrien_fleming(int(looks))
        assert found[-1] == pytest.approx(constant, abs=0.0006)
        assert found[0] == pytest.approx(found[-1] * int(looks) ** 0.5)


def test_lan_demets():
    assert boundaries.spent(FIVE, boundaries.as_obrien_fleming) == [close(z, 4) for z in anchor("lan-demets-obf-5")[1]]
    assert boundaries.spent(FIVE, boundaries.as_pocock) == [close(z, 4) for z in anchor("lan-demets-pocock-5")[1]]


@pytest.mark.parametrize("rho", [2, 3])
def test_power_spending(rho):
    assert boundaries.spent(FIVE, boundaries.as_power(rho)) == [
        close(z, 4) for z in anchor("power-spending-5")[1][f"rho{rho}"]
    ]


def test_peeking_inflation():
    for looks, alarms in anchor("peeking-inflation")[1].items():
        equal = [(look + 1) / int(looks) for look in range(int(looks))]
        assert boundaries.false_alarms(equal, [1.959964] * int(looks)) == close(alarms, 3)


def test_msprt():
    given, expected = anchor("msprt-normal")
    found = always_valid.evidence(given["n"], given["mean_diff"], given["V"], given["tau2"])
    assert found == close(expected["Lambda"], 6)
    assert 1 / found == close(expected["p"], 4)


def test_msprt_under_the_null():
    expected, within = anchor("msprt-type1")[1], ANCHORS["msprt-type1"]["tolerance"]
    means, looks = _null(4000, 2000, range(100, 2001, 20))
    z = np.abs(means) * np.sqrt(looks / 2)
    assert (z > 1.96).any(axis=1).mean() == pytest.approx(expected["naive"], abs=within)
    assert (z[:, -1] > 1.96).mean() == pytest.approx(expected["fixed"], abs=within)
    # The evidence grows with the difference, so at each look there is one that is just enough.
    enough = np.array([_just_enough(int(n)) for n in looks])
    assert (np.abs(means) > enough).any(axis=1).mean() == pytest.approx(expected["msprt"], abs=within)


def _null(experiments, pairs, looks):
    """Mean differences of pairs of standard normal values without any difference, at each look."""
    dice, at, total, parts = np.random.default_rng(1), 0, np.zeros(experiments), []
    for look in looks:
        total = total + dice.normal(0, np.sqrt(2 * (look - at)), experiments)
        parts.append(total / look)
        at = look
    assert at == pairs
    return np.stack(parts, axis=1), np.array(looks)


def _just_enough(pairs):
    low, high = 0.0, 10.0
    while high - low > 1e-9:
        middle = (low + high) / 2
        low, high = (middle, high) if always_valid.evidence(pairs, middle, 2.0, 0.01) < 20 else (low, middle)
    return high


def test_sample_size():
    expected = anchor("sample-size-20-25")[1]
    for form in ("base", "pooled", "arcsine"):
        name = {"base": "base_variance_form"}.get(form, f"{form}_form")
        assert sizes.exact_for_shares(0.2, 0.25, form) == pytest.approx(expected[name], abs=0.01)
    assert sizes.for_shares(0.2, 0.25) == 1094


def test_no_anchor_is_forgotten():
    text = Path(__file__).read_text("utf-8")
    assert len(ANCHORS) == 18
    assert not [name for name in ANCHORS if name.removesuffix("-1").removesuffix("-7") not in text]
