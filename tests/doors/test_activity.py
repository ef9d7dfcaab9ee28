"""What the doctor says of the chain of Activity, and the end of it that machines keep."""

import pytest
from django.test import Client as Browser

from fondly.doors import checkup
from fondly.ground import chain
from fondly.ground.action import Actor, perform
from fondly.ground.models import AuditEntry, Setting
from fondly.people.clients.actions import CreateClient, EraseClient

pytestmark = pytest.mark.django_db
DANA = Actor("Dana", None, frozenset({"admin"}))


@pytest.fixture
def end():
    """Two clients were made and the second was erased; the end of that."""
    for name in ("Priya Shah", "Tomas Weld"):
        made = perform("clients.create", DANA, CreateClient(name))
    chain.seal_next()
    perform("clients.erase", DANA, EraseClient(made.result.client_id))
    chain.seal_next()
    return chain.head()


def said(anchor=None):
    return [(one.state, one.says) for one in checkup.examine(anchor) if one.name == "activity"]


def test_the_doctor_prints_the_end_and_finds_it_again(end):
    counts = "4 entries sealed, 1 of them without the words of an erased client, 0 not sealed yet"
    words = f"as it was written: {counts}; its end is {end}"
    assert said() == said(end) == [("good", words)]


def test_a_change_and_a_cut_are_bad(end):
    AuditEntry.objects.filter(place=1).update(summary="Nothing happened")
    assert said() == [("bad", f"1 {chain.CHANGED}")]
    AuditEntry.objects.filter(place__gte=3).delete()
    Setting.put("audit.head", "2:" + AuditEntry.objects.get(place=2).seal)
    assert ("bad", f"2 {chain.MISSING}") not in said()
    assert ("bad", f"2 {chain.MISSING}") in said(end)


def test_entries_that_no_worker_seals_are_told(end, monkeypatch):
    monkeypatch.setattr(checkup, "MOST_UNSEALED", 1)
    for name in ("Ann Lee", "Bo Lind"):
        perform("clients.create", DANA, CreateClient(name))
    assert [state for state, _words in said()] == ["note", "good"]
    page = Browser().get("/metrics").content.decode()
    assert "fondly_activity_sealed 4\n" in page and "fondly_activity_unsealed 2\n" in page


def test_a_page_reads_only_the_newest_and_says_so(end):
    AuditEntry.objects.filter(place=1).update(summary="Nothing happened")
    activity = [one for one in checkup.examine(newest=2) if one.name == "activity"]
    assert [one.state for one in activity] == ["good"]
    assert "2 entries sealed" in activity[0].says and "2 older entries were not read" in activity[0].says
    AuditEntry.objects.filter(place=3).update(summary="Nothing happened")
    assert [one.state for one in checkup.examine(newest=2) if one.name == "activity"] == ["bad"]
