"""Sentences keep what they are made of, and every one of them can be found in the source."""

import copy
import pickle
from pathlib import Path

import pytest

from fondly import core
from fondly.core.catalogue import NotWrittenOut, sentences
from fondly.core.words import heading, joined, listed, say, say_many

MODULES = sorted(Path(core.__file__).parent.rglob("*.py"))


def test_a_sentence_is_its_text_and_keeps_its_pattern():
    said = say("waits until {name} is known", name="the closing day")
    assert said == "waits until the closing day is known"
    assert (said.pattern, dict(said.values)) == ("waits until {name} is known", {"name": "the closing day"})


def test_braces_of_a_sentence_without_values_stand_for_themselves():
    assert say("Add `sets: {what: …}`.") == "Add `sets: {what: …}`."


def test_a_name_at_the_head_of_something_keeps_its_capitals():
    assert [heading(name) for name in ("home_visit", "CRM_setup", "")] == ["Home visit", "CRM setup", ""]


@pytest.mark.parametrize(("count", "text"), [(1, "1 day"), (2, "2 days"), (0, "0 days")])
def test_what_is_counted_has_two_patterns(count, text):
    assert say_many("{count} day", "{count} days", count=count) == text


def test_a_value_in_its_own_words_stays_a_sentence():
    class Length:
        def __str__(self):
            return say_many("{count} day", "{count} days", count=3)

    assert say("lasts {length}", length=Length()).values["length"].pattern == "{count} day"


def test_a_sentence_survives_copying_and_pickling():
    said = say("{some} and {last}", some=say("calm"), last="warm")
    for again in (copy.deepcopy(said), pickle.loads(pickle.dumps(said))):
        assert (again, again.pattern, again.values["some"].pattern) == (said, said.pattern, "calm")


@pytest.mark.parametrize(
    ("parts", "text"), [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")]
)
def test_lists(parts, text):
    assert listed(parts) == text
    assert joined(parts) == ", ".join(parts)


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.stem)
def test_every_sentence_is_written_out_where_it_is_said(module):
    for sentence in sentences(module.read_text(encoding="utf-8")):
        assert sentence.pattern.strip(), f"{module}:{sentence.line}"


def test_a_sentence_that_is_put_together_is_found_out():
    with pytest.raises(NotWrittenOut, match="line 2"):
        list(sentences('name = "x"\nsay(f"{name} is new")'))


def test_the_titles_of_rules_are_sentences():
    source = '@rule("ST01", "error")\ndef there_is(playbook):\n    """There is a new stage.\n\n    More."""\n'
    assert [sentence.pattern for sentence in sentences(source)] == ["There is a new stage"]
