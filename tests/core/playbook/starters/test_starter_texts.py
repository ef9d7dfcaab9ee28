"""The shipped starters: they pass their own check, read well without any data, and do not crowd a client."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from functools import cache
from importlib.resources import files

import pytest
import yaml

from fondly.core.planner.model import Ghost
from fondly.core.planner.rehearsal import rehearse
from fondly.core.playbook.checks import check
from fondly.core.playbook.model import Playbook
from fondly.core.playbook.reading import read
from fondly.core.playbook.templates import render

FOLDER = files("fondly.core.playbook") / "starters"
NAMES = sorted(entry.name.removesuffix(".yaml") for entry in FOLDER.iterdir() if entry.name.endswith(".yaml"))
START = datetime(2026, 1, 5, 14, tzinfo=UTC)
TODAY = date(2026, 11, 22)


@cache
def starter(name: str) -> Playbook:
    return read((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", NAMES)
def test_a_starter_passes_its_own_check(name: str) -> None:
    report = check(starter(name), TODAY)
    assert [f"{finding.rule} {finding.path}" for finding in report.findings if finding.severity != "hint"] == []
    assert report.score.overall >= 95
    assert starter(name).skip == {}


@pytest.mark.parametrize("name", NAMES)
def test_every_text_reads_without_knowing_the_client(name: str) -> None:
    playbook = starter(name)
    known = {
        "me": {"first_name": "Alex", "phone": "555-0100"},
        "business": {"name": playbook.name, "phone": "555-0100", "email": "us@example.com", "address": "1 Main Street"},
        "facts": dict(playbook.brand.facts),
        "unsubscribe": "https://example.com/u/1",
    }
    for template in playbook.templates.values():
        text = render(template.subject, known) + render(template.body, known)
        assert "{{" not in text
        assert "!" not in text, f"{template.name} shouts"


@pytest.mark.parametrize("name", NAMES)
def test_every_template_and_checklist_is_used(name: str) -> None:
    playbook = starter(name)
    asked = str(playbook.leaving) + str([stage.extra for stage in playbook.stages.values()])
    replies = {kind.get("reply") for kind in playbook.inquiries.values()}
    templates = {t.template for t in playbook.touchpoints()} | replies
    checklists = {t.checklist for t in playbook.touchpoints()}
    assert [n for n in playbook.templates if n not in templates and n not in asked] == []
    assert [n for n in playbook.checklists if n not in checklists and n not in asked] == []


@pytest.mark.parametrize("name", NAMES)
def test_a_past_or_lasting_client_is_not_crowded(name: str) -> None:
    playbook = starter(name)
    last = list(playbook.stages)[-1]
    life = rehearse(playbook, Ghost(START, last, playbook.timezone), days=400)
    mails = Counter(moment.local[:10] for moment in life.moments if moment.channel == "email")
    assert life.moments
    assert [day for day, count in mails.items() if count > 1] == []
    assert any(moment.kind == "relationship" for moment in life.moments)


def test_the_realtor_writes_a_card_in_november_and_keeps_four_personal_dates() -> None:
    dates = {
        "birthday": date(1980, 6, 3),
        "partner_birthday": date(1981, 9, 9),
        "home_anniversary": date(2025, 4, 28),
        "date_that_matters": date(2010, 3, 18),
        "november_card_on": date(2020, 11, 10),
    }
    life = rehearse(starter("realtor"), Ghost(START, "alumni", "America/New_York", fields=dates), days=360)
    kept = {moment.touchpoint: moment for moment in life.moments}
    assert {"birthday", "partner_birthday", "home_anniversary", "date_that_matters"} <= set(kept)
    assert kept["november_card"].channel == "letter"
    assert kept["november_card"].local.startswith("2026-11")


def test_a_loan_goes_from_application_to_keys() -> None:
    steps = {"application_submitted": 2, "offer_sent": 8, "offer_returned": 20, "approved": 41, "activated": 45}
    events = tuple((event, START + timedelta(days=day)) for event, day in steps.items())
    life = rehearse(starter("mortgage_broker"), Ghost(START, "inquire", events=events), days=200)
    ways = [stay.stage for stay in life.stays]
    assert ways == ["inquire", "application", "offer", "underwriting", "closing", "alumni"]
    wow = next(moment for moment in life.moments if moment.kind == "wow")
    assert wow.touchpoint == "payoff_card"
    assert wow.at > START + timedelta(days=45)


def test_the_map_of_the_loan_log_names_only_what_the_playbook_has() -> None:
    playbook = starter("mortgage_broker")
    log = yaml.safe_load((FOLDER / "maps" / "bpic2012.yaml").read_text(encoding="utf-8"))
    meanings = log["activities"]
    assert len(meanings) == 24
    assert {m["stage"] for m in meanings.values() if "stage" in m} <= set(playbook.stages)
    assert {m["event"] for m in meanings.values() if "event" in m} <= set(playbook.events)
    assert all(playbook.touchpoint(m["touchpoint"]) for m in meanings.values() if "touchpoint" in m)
    assert {m["exit"] for m in meanings.values() if "exit" in m} == {"cancelled", "declined"}
