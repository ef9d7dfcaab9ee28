"""A history in the database: once, brought up to date, taken out again; and a bank's real log, counted exactly."""

import json
import resource
import sys
from pathlib import Path

import pytest
from django.test import Client as Browser

from fondly.ground import clock
from fondly.ground.action import SYSTEM, Actor, NotAllowed, Refused, registry
from fondly.ground.actions import UndoEntry, undo
from fondly.ground.models import AuditEntry
from fondly.ground.steps import Walked
from fondly.people.clients.actions import LogNote, note
from fondly.people.clients.models import Client, Interaction
from fondly.people.team.models import User
from fondly.run.histories import actions
from fondly.run.histories.actions import ImportHistory, RemovedHistory, RemoveHistory, import_history
from fondly.run.journeys.models import Journey, Moment, Stay
from fondly.run.outbox.models import Message

MAP = """
playbook: mortgage_broker
case: loan
activity: what
time: when
client: "Applicant {case}"
activities:
  ASKED: {event: application_submitted, stage: application}
  OFFERED: {event: offer_sent, stage: offer}
  CALLED: {touchpoint: offer_call, feeling: 1, contact: yes}
  SAID_NO: {exit: declined}
"""
LOG = """loan,what,when
A,ASKED,2026-01-01T09:00:00Z
A,OFFERED,2026-01-05T10:00:00Z
A,CALLED,2026-01-06T10:00:00Z
B,ASKED,2026-01-02T09:00:00Z
B,SAID_NO,2026-01-03T09:00:00Z
"""
MORE = "A,SAID_NO,2026-01-09T09:00:00Z\nC,ASKED,2026-01-07T09:00:00Z\n"
BANK = Path(__file__).parents[4] / "shared" / "data" / "bpic2012-loan-applications" / "events.csv.gz"


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text(LOG)
    return path


def bring(path, actor=SYSTEM, map_text=MAP):
    return import_history(actor, ImportHistory(str(path), map_text, "old system"))


@pytest.mark.django_db
def test_allowed_brings_it_in_denied_brings_nothing(log):
    with pytest.raises(NotAllowed):
        bring(log, Actor("Max", None, frozenset({"read"})))
    assert not Client.objects.exists()

    found = bring(log, Actor("Dana", None, frozenset({"import", "design"})))
    assert (found.journeys, found.new_clients, found.lines, found.exits) == (2, 2, 5, {"declined": 1})
    assert found.stages == {"application": 2, "offer": 1}
    ana = Journey.objects.get(client__name="Applicant A")
    assert (ana.state, ana.stage, ana.plan_at) == ("paused", "offer", None)
    assert [s.stage for s in Stay.objects.filter(journey=ana).order_by("ordinal")] == ["application", "offer"]
    assert Client.objects.get(name="Applicant A").feeling == 1
    assert not Moment.objects.exists() and not Message.objects.exists()


@pytest.mark.django_db
def test_the_same_file_adds_nothing_and_a_longer_one_only_what_is_new(log):
    bring(log)
    again = bring(log)
    assert (again.new_clients, again.new_facts) == (0, 0)
    log.write_text(LOG + MORE)
    longer = bring(log)
    assert (longer.new_clients, longer.exits) == (1, {"declined": 2})
    assert Journey.objects.get(client__name="Applicant A").exit_reason == "declined"
    assert Journey.objects.count() == 3


@pytest.mark.django_db
def test_undo_takes_it_out_but_keeps_what_became_somebodys(log):
    bring(log)
    entry = AuditEntry.objects.filter(action="histories.import").latest("pk")
    mine = Client.objects.get(name="Applicant B")
    note(SYSTEM, LogNote(client_id=mine.pk, text="Called again, wants to try in spring"))
    undo(SYSTEM, UndoEntry(entry.pk))
    assert [c.name for c in Client.objects.all()] == ["Applicant B"]
    assert not Interaction.objects.filter(source="log:old system").exists()


@pytest.mark.django_db
def test_it_is_taken_out_in_slices_that_go_on_where_the_last_one_ended(log, monkeypatch):
    log.write_text(LOG + MORE)
    bring(log)
    moved_to = Client.objects.create(name="Merged", sort_name="merged", created_at=clock.now(), changed_at=clock.now())
    Interaction.objects.filter(client__name="Applicant C").update(client=moved_to)
    facts = Interaction.objects.count()
    monkeypatch.setattr(actions, "_BATCH", 1)
    given, steps = RemoveHistory("old system"), registry["histories.remove"].steps
    assert steps.size(SYSTEM, given) == 3
    first = next(steps.slices(SYSTEM, given, None))
    assert (first.done, Client.objects.count()) == (1, 3)
    rest = list(steps.slices(SYSTEM, given, first.cursor))
    assert [one.done for one in rest] == [2, 3]
    whole = registry["histories.remove"].run(SYSTEM, given, Walked([one.made for one in (first, *rest)]))
    assert whole.result == RemovedHistory(clients=3, facts=facts)
    assert list(Client.objects.all()) == [moved_to]
    assert not Interaction.objects.exists()
    with pytest.raises(Refused, match="No history called 'old system'"):
        actions.remove_history(SYSTEM, given)


@pytest.mark.django_db
def test_a_map_that_does_not_fit_the_playbook_is_refused_and_nothing_is_kept(log):
    with pytest.raises(Refused, match=r"ASKED: the playbook has no stage 'aplication'\. Did you mean application"):
        bring(log, map_text=MAP.replace("stage: application", "stage: aplication"))
    with pytest.raises(Refused, match="not readable YAML: line"):
        bring(log, map_text="activities: [")
    assert not Client.objects.exists()


@pytest.mark.django_db
@pytest.mark.skipif(not BANK.exists(), reason="the bank's log is not beside this checkout")
def test_the_banks_13087_loan_applications_are_counted_exactly():
    """BPI Challenge 2012: 262,200 events, 13,087 cases; 2,246 approved, 2,807 cancelled, 7,635 declined."""
    from fondly.doors.cli.import_events import _map

    result = import_history(SYSTEM, ImportHistory(str(BANK), _map("bpic2012")[1], "bpic2012"))
    assert (result.lines, result.journeys, result.new_clients, result.unread) == (262_200, 13_087, 13_087, 0)
    assert result.exits == {"declined": 7_635, "cancelled": 2_807}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 if sys.platform == "darwin" else 1024)
    assert peak < 1500, f"{peak:.0f} MB"
    browser = Browser()
    owner = User.objects.create(
        email="o@example.com", name="Owner", is_admin=True, joined_at=Journey.objects.first().started_at
    )
    browser.force_login(owner, backend="allauth.account.auth_backends.AuthenticationBackend")
    page = browser.get("/map?period=all").content.decode()
    for count in ("2,246", "2,807", "7,635", "13,087"):
        assert count in page
    counts = json.loads(browser.get("/api/counts/events?name=approved").content)
    assert "2246" in json.dumps(counts)


def test_a_map_that_is_no_text_is_refused_in_words(tmp_path):
    from fondly.doors.cli.import_events import _map

    path = tmp_path / "map.yaml"
    path.write_bytes(b"columns: \xff\xfe")
    with pytest.raises(OSError, match="is not text in UTF-8"):
        _map(str(path))
