"""The grammar of `if:`."""

import pytest

from fondly.core.planner.conditions import ConditionError, Known, parse_condition

VALUES = {"nps": 9, "name": "Ada", "paid": True, "ces": "5", "word": "five"}


def judged(text):
    return parse_condition(text).judge(
        lambda name: Known(VALUES[name]) if name in VALUES else Known(missing=f"no {name}")
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("nps >= 9", True),
        ("nps > 9", False),
        ("nps == 9 and name == 'ada'", True),
        ("nps < 5 or paid", True),
        ("not (nps < 5 or not paid)", True),
        ("paid == yes", True),
        ('name != "Ada"', False),
        ("ces >= 5", True),  # a number kept as text
        ("missing", None),
        ("missing and nps < 5", False),  # whatever it is
        ("missing or nps >= 9", True),
        ("missing and nps >= 9", None),
        ("not missing", None),
        ("name > 3", None),  # cannot be compared
        ("word >= 5", None),
        ("word == 5", False),
    ],
)
def test_judgement(text, expected):
    assert judged(text).holds is expected
    assert expected is True or judged(text).reason


@pytest.mark.parametrize(
    "text",
    ["", "nps >=", ">= 9", "nps >= 9 nps", "(nps", "nps)", "a and", "not", "nps >= 9; import os", "f(x)", "9 > nps",
     "(" * 50 + "a", "x" * 600, "nps ~ 3", "'a' == 3"],
)  # fmt: skip
def test_what_cannot_be_read_says_so(text):
    with pytest.raises(ConditionError):
        parse_condition(text)


def test_names():
    assert parse_condition("nps > 3 and (consent.news or not home_visit.done)").names == (
        "nps",
        "consent.news",
        "home_visit.done",
    )
