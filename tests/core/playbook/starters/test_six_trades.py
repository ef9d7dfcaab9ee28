"""What is special about six of the starters: the calendar of a year has to show it."""

from datetime import date, datetime, timedelta
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from fondly.core.planner.model import Ghost
from fondly.core.planner.rehearsal import Rehearsal, rehearse
from fondly.core.playbook.model import Playbook
from fondly.core.playbook.reading import read
from fondly.core.playbook.templates import placeholders


@cache
def starter(name: str) -> Playbook:
    path = files("fondly.core.playbook") / "starters" / f"{name}.yaml"
    return read(path.read_text(encoding="utf-8"))


def live(name: str, days: int, events: dict[str, int], fields: dict[str, int], stage: str = "") -> Rehearsal:
    """A life from Monday 2 March 2026, 10:30; events and date fields as days from then."""
    playbook = starter(name)
    start = datetime(2026, 3, 2, 10, 30, tzinfo=ZoneInfo(playbook.timezone))
    known: dict[str, Any] = {field: (start + timedelta(days=day)).date() for field, day in fields.items()}
    happens = tuple((event, start + timedelta(days=day)) for event, day in events.items())
    ghost = Ghost(start, stage or next(iter(playbook.stages)), playbook.timezone, fields=known, events=happens)
    return rehearse(playbook, ghost, days=days)


def days_of(life: Rehearsal, touchpoint: str) -> list[date]:
    return [moment.at.date() for moment in life.moments if moment.touchpoint == touchpoint]


def test_a_crisis_is_first_and_a_person_answers() -> None:
    crisis = starter("therapist").inquiries["crisis"]
    assert crisis["first"] and crisis["never_auto"] and crisis["notify"] == "counselor"
    assert "facts.crisis_line" in starter("therapist").templates["crisis_reply"].body


def test_a_therapists_mail_holds_no_more_than_a_first_name() -> None:
    playbook = starter("therapist")
    mailed = {t.template for t in playbook.touchpoints() if t.channel == "email"}
    mailed |= {kind["reply"] for kind in playbook.inquiries.values()}
    used = {p.name for name in mailed for p in placeholders(playbook.templates[name].body) if p.root == "client"}
    assert used == {"client.first_name"}
    assert [name for name in mailed if "{" in playbook.templates[name].subject] == []


def test_the_lawn_sleeps_in_winter_and_wakes_in_spring() -> None:
    life = live("lawn_service", 420, {"season_closed": 270, "season_opened": 380},
                {"season_start": 380, "season_end": 270}, "season")  # fmt: skip
    assert [stay.stage for stay in life.stays] == ["season", "winter", "season"]
    asleep = [day for day in days_of(life, "visit") if date(2026, 12, 1) <= day <= date(2027, 3, 1)]
    assert days_of(life, "visit") and asleep == []
    assert len(days_of(life, "year_in_grass")) == len(days_of(life, "spring_form")) == 1


def test_a_second_order_is_confirmed_like_the_first() -> None:
    life = live("online_shop", 60, {"order_placed": 10, "shipped": 11}, {}, "regulars")
    assert len(days_of(life, "again_in")) == len(days_of(life, "again_on_its_way")) == 1


@pytest.mark.parametrize(
    ("name", "stage", "events", "fields", "expected"),
    [
        (
            "artist",
            "unveiling",
            {"picture_handed_over": 8},
            {"unveiling_on": 8},
            ["last_payment", "care_card", "thank_you"],
        ),
        ("online_shop", "first_cups", {"order_settled": 30}, {}, ["all_settled", "your_first_order", "thank_you"]),
        ("software", "leaving_well", {}, {}, ["your_file", "last_invoice", "thank_you"]),
        ("software", "onboarding", {"terms_accepted": 2, "activated": 4}, {}, ["wall_card", "how_easy"]),
        ("agency", "closing", {}, {}, ["what_we_did", "last_invoice", "thank_you"]),
    ],
)
def test_what_the_stage_is_for_happens_before_it_is_over(
    name: str, stage: str, events: dict[str, int], fields: dict[str, int], expected: list[str]
) -> None:
    life = live(name, 60, events, fields, stage)
    assert [touchpoint for touchpoint in expected if not days_of(life, touchpoint)] == []


def test_each_department_of_the_software_firm_hands_over_by_name() -> None:
    stages = list(starter("software").stages.values())
    moved = [b for a, b in pairwise(stages) if a.department != b.department]
    assert {stage.department for stage in stages} == {"marketing", "sales", "success", "support"}
    assert [stage.name for stage in moved if stage.handoff is None] == []
