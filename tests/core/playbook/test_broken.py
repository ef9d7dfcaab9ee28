"""Broken files get an error that says where, what, and how to mend it."""

import random

import pytest

from fondly.core.playbook.reading import PlaybookError, read
from fondly.core.playbook.starters import starter

from .broken import BROKEN, HEAD


@pytest.mark.parametrize("name", BROKEN)
def test_broken_file_says_where_what_and_how(name):
    text, line, message, advice = BROKEN[name]
    with pytest.raises(PlaybookError) as caught:
        read(text, source="mine.yaml")
    found = [p for p in caught.value.problems if p.line == line and message in p.message and advice in p.advice]
    assert found, str(caught.value)[:2000]
    shown = str(found[0])
    assert shown.startswith(f"mine.yaml:{line}:")
    if found[0].excerpt:
        assert shown.splitlines()[2].rstrip().endswith("^")


@pytest.mark.parametrize("text", [HEAD + "stages: {new: {phase: nwe}}\n", HEAD + "stages:\n\tnew: {phase: new}\n"])
def test_one_slip_is_one_problem(text):
    with pytest.raises(PlaybookError) as caught:
        read(text)
    assert len(caught.value.problems) == 1


def test_caret_stands_under_the_offending_column():
    with pytest.raises(PlaybookError) as caught:
        read(HEAD + "brand:\n  story: @x\n")
    lines = str(caught.value.problems[0]).splitlines()
    assert lines[1][lines[2].index("^")] == "@"


def test_several_slips_are_reported_in_one_go():
    text = (
        HEAD + "brand:\n  story: We say: yes\n  promise: @all\ncurrency:USD\nlangauge: en\nstages: {new: {phase: nw}}\n"
    )
    with pytest.raises(PlaybookError) as caught:
        read(text)
    assert {3, 4, 5, 6, 7} <= {problem.line for problem in caught.value.problems}


@pytest.mark.parametrize("seed", range(60))
def test_a_mangled_file_never_raises_anything_else(seed):
    dice = random.Random(seed)
    text = starter("therapist")
    for _ in range(dice.randint(1, 6)):
        at = dice.randrange(len(text))
        length = dice.choice((0, 1, 3, 40, 400))
        junk = dice.choice(
            (
                "",
                "\t",
                "{",
                "}",
                "[",
                "]",
                '"',
                "'",
                ":",
                ": ",
                "\n",
                "- ",
                "#",
                "&a ",
                "*",
                "{{",
                "%}",
                "\x00",
                "é",
                "|",
                ">",
            )
        )
        text = text[:at] + junk + text[at + length :]
    try:
        read(text)
    except PlaybookError as error:
        assert error.problems
        assert all(problem.message and problem.line >= 1 for problem in error.problems)
