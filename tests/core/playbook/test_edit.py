"""Editing a value in the text; comments and order survive."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fondly.core.playbook.edit import EditError, add_touchpoint, edit
from fondly.core.playbook.reading import read
from fondly.core.playbook.starters import starter

from .test_rules import WHOLE

TEXT = """# top
name: A firm  # the name
brand:
  # about us
  story: We sell.  # short
  feel: [calm, sure]
stages:
  new:  # it begins
    phase: new
    touchpoints:
      call: {kind: work, channel: phone, when: on entry}  # soon
      card: {kind: wow, channel: letter}
# the end
"""


def lines_changed(before: str, after: str) -> list[str]:
    return [line for line in after.splitlines() if line not in before.splitlines()]


@pytest.mark.parametrize(
    ("path", "value", "changed"),
    [
        ("name", "Another: firm", ['name: "Another: firm"  # the name']),
        ("brand.story", "no", ['  story: "no"  # short']),
        ("brand.feel.1", "at ease", ["  feel: [calm, at ease]"]),
        ("brand.promise", "Always", ["  promise: Always"]),
        ("brand.facts.fee", "1:30", ["  facts:", '    fee: "1:30"']),
        (
            "stages.new.touchpoints.call.when",
            "2 days after entry",
            ["      call: {kind: work, channel: phone, when: 2 days after entry}  # soon"],
        ),
        (
            "stages.new.touchpoints.call.about",
            "A, b",
            ['      call: {kind: work, channel: phone, when: on entry, about: "A, b"}  # soon'],
        ),
        ("stages.new.touchpoints.call.channel", None, ["      call: {kind: work, when: on entry}  # soon"]),
        ("stages.new.touchpoints.card.channel", None, ["      card: {kind: wow}"]),
        ("currency", "EUR", ["currency: EUR"]),
        ("sensitive", True, ["sensitive: true"]),
        ("brand.story", "Two\nlines", ["  story: |-  # short", "    Two", "    lines"]),
        ("reviews", ["a", "b"], ["reviews: [a, b]"]),
    ],
)
def test_one_value_changes_and_nothing_else(path, value, changed):
    after = edit(TEXT, path, value)
    assert lines_changed(TEXT, after) == changed
    assert all(
        comment in after for comment in ("# top", "# the name", "# about us", "# it begins", "# soon", "# the end")
    )
    read(after)


def test_removing_takes_the_whole_value():
    after = edit(TEXT, "stages.new.touchpoints.call", None)
    assert after == TEXT.replace("      call: {kind: work, channel: phone, when: on entry}  # soon\n", "")


def test_windows_line_ends_stay():
    after = edit(TEXT.replace("\n", "\r\n"), "name", "B")
    assert after == TEXT.replace("A firm", "B").replace("\n", "\r\n")


def test_edit_of_an_empty_text():
    assert edit("", "name", "A") == "name: A\n"
    assert edit("# only this\n", "name", "A") == "# only this\nname: A\n"


@pytest.mark.parametrize("path", ["name.more", "brand.feel.7", "brand.feel.x"])
def test_what_cannot_be_edited_says_so(path):
    with pytest.raises(EditError):
        edit(TEXT, path, "x")


def test_a_broken_file_is_not_edited():
    with pytest.raises(EditError, match="line 2"):
        edit("name: x\na: @\n", "name", "y")


def test_setting_a_value_to_itself_changes_no_other_line():
    text = starter("realtor")
    assert edit(text, "name", read(text).name).splitlines()[5:] == text.splitlines()[5:]


@given(
    st.sampled_from(
        [
            "brand.story",
            "templates.pay.body",
            "stages.new.feel",
            "stages.new.touchpoints.meet.checklist",
            "brand.facts.hours",
            "offers.cleaning.is",
            "values.new_one",
            "brand.feel.0",
        ]
    ),
    st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n"), max_size=60),
)
def test_any_text_can_be_written_anywhere(path, value):
    after = edit(WHOLE, path, value)
    assert after.count("\n#") == WHOLE.count("\n#") or "#" in value
    assert edit(after, path, value) == after


def test_add_touchpoint_from_a_sentence_and_from_values():
    one = add_touchpoint(TEXT, "new", "call 2 days after entry at 10:00")
    added = read(one).touchpoint("call_2")
    assert (added.channel, added.kind, added.when_text) == ("phone", "relationship", "2 days after entry at 10:00")
    two = add_touchpoint(one, "new", {"kind": "work", "channel": "email", "when": "on entry"}, name="hello")
    assert read(two).touchpoint("hello").channel == "email"
    with pytest.raises(EditError, match="Say"):
        add_touchpoint(TEXT, "new", "something nice")
