"""What changed, in words."""

import pytest

from fondly.core.playbook.diff import diff
from fondly.core.playbook.edit import edit
from fondly.core.playbook.reading import read

from .test_rules import NEW, WHOLE


def changes(edits: dict[str, object]):
    text = WHOLE
    for path, value in edits.items():
        text = edit(text, path, value)
    return diff(read(WHOLE), read(text))


@pytest.mark.parametrize(
    ("path", "value", "kind", "where", "text"),
    [
        (
            f"{NEW}.map.when",
            "5 days after entry",
            "changed",
            f"{NEW}.map.when",
            "New: touchpoint *map* moves from 3 to 5 days after entry",
        ),
        (
            f"{NEW}.map.when",
            "1 week after entry",
            "changed",
            f"{NEW}.map.when",
            "New: touchpoint *map* moves from 3 days to 1 week after entry",
        ),
        (
            f"{NEW}.map.when",
            "on exit",
            "changed",
            f"{NEW}.map.when",
            'New: touchpoint *map* moves from "3 days after entry" to "on exit"',
        ),
        (f"{NEW}.map", None, "removed", f"{NEW}.map", "New: touchpoint *map* is removed"),
        (
            f"{NEW}.hug",
            {"kind": "relationship", "channel": "phone", "when": "on exit"},
            "added",
            f"{NEW}.hug",
            "New: new touchpoint *hug*, on exit by phone",
        ),
        (f"{NEW}.meet.minutes", 10, "changed", f"{NEW}.meet.minutes", "New: touchpoint *meet*: minutes is now 10"),
        (
            "stages.new.title",
            "Welcome",
            "changed",
            "stages.new.title",
            "The stage *new*: title changes from New to Welcome",
        ),
        (
            "stages.new.owner",
            "agent",
            "changed",
            "stages.new.owner",
            "The stage *new*: owner changes from desk to agent",
        ),
        (
            "brand.promise",
            "Less",
            "changed",
            "brand.promise",
            'The brand: promise changes from "You will know what comes next." to Less',
        ),
        (
            "brand.facts.reply_time",
            "2 days",
            "changed",
            "brand.facts.reply_time",
            'The fact *reply_time* changes from "one business day" to "2 days"',
        ),
        ("team.agent.may_spend", 50, "changed", "team.agent.may_spend", "The role *agent*: may spend is now 50"),
        ("surveys.rest", None, "changed", "survey_rest", 'The rest between surveys is taken out (was "30 days")'),
        (
            "checklists.call",
            ["smile"],
            "changed",
            "checklists.call",
            'The checklist *call* changes from "listen, agree the next date" to smile',
        ),
        ("documents.case", None, "removed", "documents.case", "The document *case* is removed"),
        ("caps.total", "6 per week", "changed", "caps", None),
    ],
)
def test_change_in_words(path, value, kind, where, text):
    found = changes({path: value})
    assert [(c.kind, c.path) for c in found] == [(kind, where)], found
    assert text is None or found[0].text == text
    assert set(found[0].as_dict()) == {"kind", "path", "text", "before", "after"}


def test_nothing_changes_between_a_playbook_and_itself():
    assert diff(read(WHOLE), read("# another comment\n" + WHOLE)) == ()


def test_a_touchpoint_that_moves_to_another_stage():
    text = edit(
        edit(WHOLE, f"{NEW}.map", None),
        "stages.ongoing.touchpoints.map",
        {
            "kind": "wow",
            "channel": "letter",
            "when": "3 days after entry",
            "template": "card",
            "about": "A drawn map of their street",
        },
    )
    found = diff(read(WHOLE), read(text))
    assert [(c.kind, c.before, c.after) for c in found] == [("moved", "new", "ongoing")]


def test_stages_come_go_and_change_places():
    found = {c.kind: c.text for c in changes({"stages.last": {"phase": "alumni"}, "stages.ongoing": None})}
    assert found == {"added": "The stage *last* is new, after *alumni*", **{"removed": found["removed"]}}
    order = edit(edit(WHOLE, "stages.alumni", None), "name", "Test & Co")
    assert any(c.kind == "removed" and c.path == "stages.alumni" for c in diff(read(WHOLE), read(order)))


def test_hours_and_days_are_said_as_people_write_them():
    calendar = (
        'calendar: {business: "mon 09:00-17:00", quiet: "20:00-08:00", closed: [2026-12-24, 2026-12-27 to 2027-01-02]}'
    )
    texts = [change.text for change in diff(read("name: A"), read(f"name: A\nreviewed: 2026-01-02\n{calendar}"))]
    assert texts == [
        "The date of the last review is now 2026-01-02",
        'The calendar: business is now "mon: 09:00-17:00"',
        "The calendar: quiet is now 20:00-08:00",
        'The calendar: closed is now "2026-12-24, 2026-12-27 to 2027-01-02"',
    ]
