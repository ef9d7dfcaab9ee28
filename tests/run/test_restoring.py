"""After a restore: what may have gone waits for a word; one word does for all; a later word of a person passes."""

from datetime import timedelta

import pytest
from django.test import Client as Browser

from fondly.ground import clock, errands
from fondly.ground.action import Refused
from fondly.ground.actions import UndoEntry
from fondly.people.clients.models import Client, Interaction
from fondly.people.team.models import User
from fondly.run.journeys import switch
from fondly.run.journeys.actions import DoMomentNow, PauseEverything, ResumeEverything
from fondly.run.journeys.models import Moment
from fondly.run.outbox import restoring
from fondly.run.outbox.actions import ApproveMessage
from fondly.run.outbox.models import Message
from fondly.run.outbox.restoring import ResolveRestored
from tests.run.conftest import MONDAY
from tests.run.doing import DANA, DAY, HOUR, begin, do, turn, undo

pytestmark = pytest.mark.django_db(transaction=True)
RESTORED = MONDAY + 2 * DAY


def restored_at(at=RESTORED, backup=MONDAY):
    switch.turn("restored")
    restoring.put_up(backup, at)


def resume(at=RESTORED + HOUR):
    with clock.at(at):
        do("journeys.resume_everything", ResumeEverything())


def states():
    return dict(Moment.objects.values_list("touchpoint", "state"))


@pytest.fixture
def waiting(mail):
    """The welcome is in its hold and the look is planned when the backup is made; both go after it."""
    begin()
    restored_at()
    return mail


def test_what_was_held_and_what_was_planned_become_unsure(waiting):
    turn(RESTORED)
    assert states()["welcome"] == "working", "nothing changes before somebody resumes"
    resume()
    assert states()["welcome"] == "uncertain"
    turn(RESTORED + HOUR)
    assert states() == {"welcome": "uncertain", "look": "uncertain", "call": "due"}
    turn(RESTORED + 30 * HOUR)
    assert waiting.received == [] and restoring.unsure().count() == 2
    assert set(Message.objects.values_list("reply", flat=True)) == {"It may have gone before the restore."}


def test_all_went_counts_them_at_their_time_and_is_undone(waiting):
    resume()
    turn(RESTORED + HOUR)
    with clock.at(RESTORED + HOUR):
        done = do("outbox.resolve_restored", ResolveRestored(True))
    assert (done.result.resolved, done.result.left) == (2, 0)
    assert states()["welcome"] == states()["look"] == "done"
    sent = dict(Interaction.objects.filter(kind="sent").values_list("name", "at"))
    assert sent["look"] < RESTORED and sent["welcome"] < MONDAY + HOUR
    with clock.at(RESTORED + HOUR):
        undo(done)
    assert restoring.unsure().count() == 2 and not Interaction.objects.filter(kind="sent").exists()


def test_none_went_sends_them_once(waiting):
    resume()
    turn(RESTORED + HOUR)
    with clock.at(RESTORED + HOUR):
        done = do("outbox.resolve_restored", ResolveRestored(False))
        assert not done.undoable
        with pytest.raises(Refused, match="No message is unsure"):
            do("outbox.resolve_restored", ResolveRestored(False))
    turn(RESTORED + HOUR)
    with clock.at(RESTORED + 2 * HOUR):  # the look waits for its yes again
        message = Message.objects.get(state="approval")
        do("outbox.approve", ApproveMessage(message.pk, message.revision))
    for hours in (2, 3, 30):
        turn(RESTORED + hours * HOUR)
    assert len(waiting.received) == 2 and restoring.unsure().count() == 0


def test_a_word_after_the_restore_passes_the_fence(waiting):
    resume()
    with clock.at(RESTORED + HOUR):
        look = Moment.objects.get(touchpoint="look")
        do("journeys.do_now", DoMomentNow(look.pk, look.revision))
    turn(RESTORED + HOUR)
    assert states()["look"] == "due" and Message.objects.get(moment=look).state == "approval"


def test_pausing_and_resuming_without_a_restore_doubts_nothing(mail):
    begin()
    with clock.at(MONDAY):
        do("journeys.pause_everything", PauseEverything("lunch"))
    resume(MONDAY + HOUR)
    turn(MONDAY + HOUR)
    assert len(mail.received) == 1


def test_the_outbox_says_so_and_takes_one_answer_for_all(waiting):
    user = User.objects.create(email="dana@example.com", name="Dana", is_admin=True, joined_at=MONDAY)
    browser = Browser()
    browser.force_login(user)
    assert "was put back" in browser.get("/outbox").content.decode()
    resume()
    page = browser.get("/outbox").content.decode()
    assert "1 message may have gone before the restore" in page and "All of these went" in page
    with clock.at(RESTORED + timedelta(hours=1)):
        assert browser.post("/outbox/restored", {"went": "true"}).status_code in (200, 302)
    assert restoring.unsure().count() == 0
    assert "before the restore" not in browser.get("/outbox").content.decode()


def crowd(count):
    """So many messages of an install that was lost, without moments."""
    client = Client.objects.create(name="Anna", sort_name="anna", created_at=MONDAY, changed_at=MONDAY)
    Message.objects.bulk_create(
        Message(client=client, to_address="anna@example.com", subject=f"Hello {n}", state="uncertain", go_at=MONDAY,
                worker=restoring.HOLDER, effect_key=f"lost {n}", message_id=f"{n}@example.com", made_at=MONDAY,
                committed_at=MONDAY)
        for n in range(count)
    )  # fmt: skip


def test_one_answer_does_for_any_number_slice_by_slice_and_is_undone():
    crowd(restoring.BATCH * 7)
    restored_at()
    errand = errands.ask("outbox.resolve_restored", DANA, ResolveRestored(True))
    assert errand.total == restoring.BATCH * 7, "more than a person waits for"
    worker = errands.Worker("one")
    worker.turn(seconds=0)
    errand.refresh_from_db()
    assert errand.done == restoring.BATCH
    late = Message.objects.earliest("pk")
    late.pk, late.effect_key, late.message_id = None, "brought up meanwhile", "late@example.com"
    late.state = "uncertain"
    late.save(force_insert=True)
    second = errands.Worker("one")  # the first was killed and started again
    while second.turn():
        pass
    errand.refresh_from_db()
    assert errand.result == {"resolved": restoring.BATCH * 7, "left": 1}, "what came later is asked about anew"
    undone = errands.ask("audit.undo", DANA, UndoEntry(errand.audit_id))
    while second.turn():
        pass
    undone.refresh_from_db()
    assert undone.state == "done" and restoring.unsure().count() == restoring.BATCH * 7 + 1
