"""Scores, skipped rules and the next three fixes."""

from datetime import date

import pytest

from fondly.core.playbook.checks import AREAS, check
from fondly.core.playbook.edit import edit
from fondly.core.playbook.reading import read

from .test_rules import TODAY, WHOLE

AVERAGE = """
fondly: 1
name: An average agency
clients: business
channels: {email: {}, phone: {}}
team: {account_lead: {people: [Sam]}}
personas: {b2b: {who: marketing heads}}
stages:
  new:
    phase: new
    owner: account_lead
    touchpoints:
      kickoff: {kind: work, channel: email, when: on entry, template: kickoff}
      invoice: {kind: work, channel: email, when: 30 days after entry, template: invoice}
  ongoing:
    phase: ongoing
    touchpoints:
      report: {kind: work, channel: email, when: every 30 days, template: report}
      portal_ping: {kind: work, channel: portal, when: sometimes, template: report}
templates:
  kickoff: {subject: Kickoff, body: "Hi {{ client.first_name }}, we always reply within 24 hours."}
  invoice: {body: "{{ invoice.link }}"}
  report: {body: "{{ reprot.link }}"}
"""


def test_an_average_file_has_much_to_mend_and_three_things_are_next():
    report = check(read(AVERAGE), TODAY)
    assert 20 <= report.errors <= 26
    assert 35 <= report.warnings <= 48
    assert report.score.overall < 40
    fixes = report.next_three()
    assert len(fixes) == 3
    assert [f.points / f.minutes for f in fixes] == sorted((f.points / f.minutes for f in fixes), reverse=True)


def test_mending_a_fix_raises_the_score_by_its_points():
    before = check(read(AVERAGE), TODAY)
    fix = next(f for f in before.fixes if f.rule == "BR02")
    after = check(read(edit(AVERAGE, "brand.promise", "We answer")), TODAY)
    assert after.score.overall - before.score.overall == pytest.approx(fix.points, abs=1.0)


def test_a_skipped_rule_leaves_the_sum_and_is_listed():
    broken = edit(WHOLE, "brand.story", None)
    skipped = check(read(edit(broken, "skip", {"BR01": "we tell it in person"})), TODAY)
    assert check(read(broken), TODAY).score.overall < 100
    assert skipped.score.overall == 100
    assert [(s.rule, s.reason) for s in skipped.skipped] == [("BR01", "we tell it in person")]


def test_one_case_of_a_rule_can_be_skipped():
    broken = edit(WHOLE, "stages.before.covers", ["inquire"])
    report = check(read(edit(broken, "skip", {"ST07 encounter": "by referral only"})), TODAY)
    assert [f.message for f in report.findings if f.rule == "ST07"] == ["No stage covers intake."]


def test_a_skip_without_reason_skips_nothing():
    report = check(read(edit(WHOLE, "brand.story", None) + "\nskip: {BR01: }\n"), TODAY)
    assert "BR01" in {f.rule for f in report.findings}


def test_all_nine_areas_and_the_shape_of_the_json():
    data = check(read(AVERAGE), TODAY).as_dict()
    assert tuple(data["score"]["areas"]) == AREAS
    assert set(data["findings"][0]) == {"rule", "severity", "path", "line", "message", "advice", "article"}
    assert data["errors"] == sum(f["severity"] == "error" for f in data["findings"])


def test_a_review_counts_for_a_year():
    playbook = read(WHOLE)
    assert not check(playbook, date(2027, 9, 30)).warnings
    assert {f.rule for f in check(playbook, date(2027, 10, 9)).findings} == {"IM02"}
