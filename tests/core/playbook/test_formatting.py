"""The layout: idempotent, keeps comments, never changes the meaning."""

import re
from collections import Counter

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from fondly.core.playbook.diff import diff
from fondly.core.playbook.edit import edit
from fondly.core.playbook.formatting import fmt, meaning
from fondly.core.playbook.reading import PlaybookError, read
from fondly.core.playbook.starters import starter, trades
from fondly.core.playbook.writing import scalar

from .test_rules import WHOLE

MESSY = """
# about this file

# second
brand:
    promise: "Yes"      # bare
    story:   We began.
    # between
    facts: {  b: 1:30,
              a: no }   # beside facts
name: Firm # the name
stages:
   new:
      # lead
      touchpoints:
         call: {when: on entry,   kind: work, channel: phone}
         visit_us: {kind: work, channel: phone}
         # a commented-out one
         # old: {kind: work}
      phase: new
   # about ongoing
   ongoing: {phase: ongoing}


templates:
   hi:
      body: |
         a
           b

         c
# the end
"""
NEAT = """# about this file

name: Firm  # the name

# second
brand:
  story: We began.
  promise: "Yes"  # bare
  # between
  facts: {b: "1:30", a: "no"}  # beside facts
"""


def comments(text: str) -> Counter:
    return Counter(re.findall(r"(?m)(?:^|(?<=\s))#.*?$", text))


def test_a_messy_file():
    made = fmt(MESSY)
    assert comments(made) == comments(MESSY)
    assert '  facts: {b: "1:30", a: "no"}  # beside facts' in made
    assert (
        "      call:     {kind: work, channel: phone, when: on entry}\n      visit_us: {kind: work, channel: phone}"
        in made
    )
    assert "    phase: new\n" in made.split("touchpoints")[0]
    assert "    body: |\n      a\n        b\n\n      c\n" in made
    assert made.endswith("# the end\n")
    assert made.index("name:") < made.index("brand:") < made.index("stages:") < made.index("templates:")


@pytest.mark.parametrize("text", [MESSY, WHOLE, *(starter(trade.name) for trade in trades())])
def test_it_is_idempotent_and_changes_no_meaning(text):
    made = fmt(text)
    assert fmt(made) == made
    assert diff(read(text), read(made)) == ()
    assert comments(made) == comments(text)


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("name: x\nstages: {b: {phase: new, goal: }}\n", "name: x\nstages: {b: {phase: new, goal: }}\n"),
        ("{name: x, reviews: [a]}\n", "name: x\nreviews: [a]\n"),
        ("---\nname: x\n...\n", "name: x\n"),
        ("name: x\nreviews:\n# c\n- a # d\n\n- b\n", "name: x\nreviews:\n  # c\n  - a  # d\n\n  - b\n"),
        ("name: x\nbrand: {story: y}\n", 'name: x\nbrand: {story: "y"}\n'),
    ],
)
def test_small_files(text, made):
    assert fmt(text) == made


def test_other_yaml_readers_see_the_same_words():
    made = yaml.safe_load(fmt(MESSY))
    assert made["brand"]["facts"] == {"b": "1:30", "a": "no"}


def test_an_unreadable_file_is_not_touched():
    with pytest.raises(PlaybookError):
        fmt("name: x\nbrand: @\n")


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=40), st.booleans())
def test_a_scalar_is_read_back_as_written(text, flow):
    line = f"{{k: {scalar(text, flow=True)}}}" if flow else f"k: {scalar(text)}"
    assert yaml.load(line, yaml.CBaseLoader)["k"] == text
    loaded = yaml.safe_load(line)["k"]
    assert loaded == text or str(loaded) == text


words = st.text(alphabet="ab:#,-{}[]'\"?! é\n", max_size=25)


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(
            [
                "brand.story",
                "brand.feel",
                "values.x",
                "templates.hi.body",
                "offers.g.is",
                "stages.new.goal",
                "stages.new.touchpoints.call.about",
                "checklists.c",
            ]
        ),
        st.one_of(words, st.lists(words, min_size=1, max_size=4)),
        max_size=5,
    )
)
def test_whatever_is_written_keeps_its_meaning(values):
    text = MESSY
    for path, value in values.items():
        lists = path in ("brand.feel", "checklists.c")
        text = edit(text, path, value if isinstance(value, list) == lists else [value] if lists else "".join(value))
    made = fmt(text)
    assert fmt(made) == made
    assert meaning(made) == meaning(text)
    assert comments(made) >= comments(MESSY)
