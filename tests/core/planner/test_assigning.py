"""Who is in which part of an experiment: fair, the same for ever, and honoured with its reason."""

from collections import Counter

import pytest

from fondly.core.planner.assigning import HELD_OUT, held_out, part_of
from fondly.core.playbook.model import Holdout
from fondly.core.playbook.problems import PlaybookError
from fondly.core.playbook.reading import read
from tests.core.planner.lives import entered, one_stage, override, plan

SHARES = {"short": 0.5, "long": 0.3, HELD_OUT: 0.2}
PEOPLE = [str(number) for number in range(20_000)]
MON = "2026-01-05T09:00"
FIRST_TWELVE = [
    "short",
    "short",
    "long",
    "short",
    "short",
    "long",
    "long",
    "short",
    HELD_OUT,
    "short",
    HELD_OUT,
    HELD_OUT,
]
CRITICAL = {1: 10.83, 2: 13.82, 5: 20.52}  # chi-square at one in a thousand, by degrees of freedom


def chi_square(counts, expected):
    return sum((counts[part] - wanted) ** 2 / wanted for part, wanted in expected.items())


def parts(experiment="notes", salt="news", shares=SHARES):
    return {one: part_of(experiment, one, salt, shares) for one in PEOPLE}


def test_the_parts_have_their_shares():
    counts = Counter(parts().values())
    assert chi_square(counts, {part: share * len(PEOPLE) for part, share in SHARES.items()}) < CRITICAL[2]


@pytest.mark.parametrize("other", [{"experiment": "calls"}, {"salt": "welcome"}])
def test_experiments_and_salts_draw_apart(other):
    """The part in one says nothing of the part in another."""
    pairs = zip(parts().values(), parts(**other).values(), strict=True)
    counts = Counter(pairs)
    expected = {(a, b): SHARES[a] * SHARES[b] * len(PEOPLE) for a in SHARES for b in SHARES}
    assert chi_square(counts, expected) < 26.12  # eight degrees of freedom


def test_it_is_the_same_on_every_machine_and_in_every_process():
    drawn = [part_of("notes", str(number), "news", SHARES) for number in range(12)]
    assert drawn == FIRST_TWELVE


def test_names_that_run_together_are_told_apart():
    assert {part_of("ab", f"c{n}", "", {"x": 0.5}) == part_of("a", f"bc{n}", "", {"x": 0.5}) for n in range(64)} == {
        True,
        False,
    }


def test_a_share_that_grows_moves_only_people_into_it():
    before, after = parts(shares={HELD_OUT: 0.1}), parts(shares={HELD_OUT: 0.2})
    assert all(after[one] == HELD_OUT for one in PEOPLE if before[one] == HELD_OUT)
    grown = sum(after[one] != before[one] for one in PEOPLE)
    assert chi_square({True: grown}, {True: 0.1 * len(PEOPLE)}) < CRITICAL[1]


def test_nobody_is_drawn_into_nothing():
    assert set(parts(shares={}).values()) == {""}
    assert held_out(None, "news", "7") == ""
    assert held_out(Holdout("notes", 1.0), "news", "") == ""


HELD = "experiments: {notes: {touchpoint: it, holdout: 25%}}\n"


def test_the_plan_holds_out_and_says_why():
    book = one_stage("1 day after entry", more=HELD)
    found = {one: plan(book, entered("only", MON, subject=one), MON) for one in PEOPLE[:200]}
    held = [one for one, made in found.items() if not made.moments]
    assert chi_square({True: len(held)}, {True: 50}) < CRITICAL[1]
    assert {made.skips[0].reason for one, made in found.items() if one in held} == {
        "held out: 25% of the clients go without it, so that notes can show what it does"
    }
    everyone = one_stage("1 day after entry")
    assert all(plan(everyone, entered("only", MON, subject=one), MON).moments for one in held)


def test_what_a_person_calls_for_happens_all_the_same():
    book = one_stage("1 day after entry", more=HELD.replace("25%", "100%"))
    assert not plan(book, entered("only", MON, subject="7"), MON).moments
    called = entered("only", MON, subject="7", overrides={"0:only/it/1": override("now", MON)})
    assert plan(book, called, MON).moments


@pytest.mark.parametrize("share", ["lots", "140%", "-3%"])
def test_a_share_that_cannot_be_is_told_with_its_place(share):
    with pytest.raises(PlaybookError, match="is not a share"):
        one_stage("on entry", more=HELD.replace("25%", f'"{share}"'))


def test_a_holdout_is_read():
    book = one_stage("on entry", more=HELD)
    assert dict(book.holdouts) == {"it": Holdout("notes", 0.25)}
    assert not read("fondly: 1\nname: x\nstages: {}\n").holdouts
