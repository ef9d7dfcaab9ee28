"""The schema for editors, and the four frames."""

import json

import jsonschema
import pytest
import yaml

from fondly.core.playbook.formatting import fmt
from fondly.core.playbook.frames import FRAMES, view
from fondly.core.playbook.reading import read
from fondly.core.playbook.schema import reference, schema
from fondly.core.playbook.starters import starter, trades

from .broken import BROKEN
from .test_rules import WHOLE

TRADES = [trade.name for trade in trades()]
VALIDATOR = jsonschema.Draft202012Validator(schema())


def as_json(text: str) -> object:
    return json.loads(json.dumps(yaml.safe_load(text), default=str))


def test_the_schema_is_a_schema():
    jsonschema.Draft202012Validator.check_schema(schema())


@pytest.mark.parametrize("trade", TRADES)
def test_starters_follow_the_schema(trade):
    assert [error.message for error in VALIDATOR.iter_errors(as_json(fmt(starter(trade))))] == []


@pytest.mark.parametrize(
    "name",
    [
        "unknown_key",
        "unknown_top",
        "wrong_choice",
        "list_for_map",
        "text_for_map",
        "missing_kind",
        "bad_number",
        "no_name",
        "bad_name",
    ],
)
def test_what_the_reader_refuses_the_schema_refuses(name):
    assert list(VALIDATOR.iter_errors(as_json(BROKEN[name][0])))


@pytest.mark.parametrize("trade", TRADES)
@pytest.mark.parametrize("frame", list(FRAMES))
def test_every_touchpoint_stands_in_exactly_one_frame_stage(frame, trade):
    playbook = read(starter(trade))
    stages = view(playbook, frame)
    placed = [name for stage in stages for name in stage.touchpoints]
    assert sorted(placed) == sorted(t.name for t in playbook.touchpoints())
    assert [stage.name for stage in stages] == [name for name, _ in FRAMES[frame]]


def test_the_four_frames_of_a_small_playbook():
    playbook = read(WHOLE)
    seven = {stage.name: stage.touchpoints for stage in view(playbook, "seven")}
    assert {"sign", "form", "pay", "start"} <= set(seven["enroll"])
    assert {"summary", "paid", "thanks", "words"} == set(seven["wrap_up"])
    assert "visit" in seven["intake"]
    funnel = {stage.name: stage.touchpoints for stage in view(playbook, "funnel")}
    assert "words" in funnel["advocacy"]
    lifecycle = view(playbook, "lifecycle")
    assert [stage.name for stage in lifecycle if stage.exit] == ["exit"]
    phases = {stage.name: stage.stages for stage in view(playbook, "phases")}
    assert phases == {"before": ("before",), "new": ("new",), "ongoing": ("ongoing",), "alumni": ("alumni",)}


def test_the_reference_page_names_every_key():
    page = reference()
    for key in ("`brand`", "`when`", "`may_spend`", "`reasons`", "`rest`", "`wait`", "`variants`"):
        assert key in page
    assert "## stages.NAME.touchpoints.NAME" in page
