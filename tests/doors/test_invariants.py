"""A lived install breaks no rule; each of many corruptions is found, under its own words."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.test import Client as Browser

from fondly.design.playbooks.models import PlaybookVersion
from fondly.doors import checkup, heartbeat, invariants
from fondly.ground import clock
from fondly.listen.promises.models import Promise
from fondly.people.clients.models import Client, Consent, EmailAddress, Interaction
from fondly.run.journeys import switch
from fondly.run.journeys.models import Journey, Moment, Stay
from fondly.run.outbox.models import Message
from tests.doors.conftest import NOW

NOWHERE = 999_999
SENT = Message.objects.filter(state="sent", moment__isnull=False)


def first(rows):
    """One row of these, to be changed."""
    return rows.model.objects.filter(pk=rows.order_by("pk").values_list("pk", flat=True)[0])


def other_client():
    return Client.objects.order_by("-pk").values_list("pk", flat=True)[0]


def without_index(name):
    with connection.cursor() as cursor:
        cursor.execute(f"DROP INDEX {name}")


def again(row, **changed):
    """A second row like this one."""
    row.pk, row._state.adding = None, True
    for name, value in changed.items():
        setattr(row, name, value)
    row.save()


def twin_journey():
    without_index("one_journey_a_matter")
    again(Journey.objects.filter(state="active").order_by("pk")[0])


def twin_message(state):
    message = SENT.order_by("pk")[0]
    first(SENT).update(state=state)
    again(message, state=state, effect_key="again", message_id="again@example.com")


def two_live():
    without_index("one_live_version")
    again(PlaybookVersion.objects.get(state="live"), number=2)


ALIVE = Journey.objects.filter(state="active")
CORRUPTIONS = {
    "rows of journeys_moment point to a missing journey":
        lambda: first(Moment.objects.all()).update(journey=NOWHERE),
    "rows of clients_client point to a missing owner":
        lambda: first(Client.objects.all()).update(owner=NOWHERE),
    "rows of outbox_message point to a missing client":
        lambda: first(Message.objects.filter(moment=None) | SENT).update(client=NOWHERE),
    "facts belong to a journey that is not there":
        lambda: first(Interaction.objects.all()).update(journey_id=NOWHERE),
    "moments belong to another client than their journey":
        lambda: first(Moment.objects.all()).update(client=other_client()),
    "messages belong to another client than their moment":
        lambda: first(SENT).update(client=other_client()),
    "promises belong to another client than their journey":
        lambda: first(Promise.objects.filter(journey__isnull=False)).update(client=other_client()),
    "journeys live a draft":
        lambda: PlaybookVersion.objects.update(state="draft"),
    "journeys are lived twice at once for one matter": twin_journey,
    "living journeys are in no stage":
        lambda: first(ALIVE).update(stage="nowhere"),
    "stays overlap another of the same journey":
        lambda: again(Stay.objects.filter(left_at=None).order_by("pk")[0], ordinal=77),
    "journeys have ended without an end":
        lambda: first(ALIVE).update(state="exited", plan_at=None),
    "ended journeys still wait to be planned":
        lambda: first(ALIVE).update(state="exited", ended_at=NOW),
    "moments of ended journeys are still planned":
        lambda: first(ALIVE.filter(moments__state="planned")).update(state="exited", ended_at=NOW, plan_at=None),
    "moments are on their way and held by nobody":
        lambda: first(Moment.objects.filter(state="planned")).update(state="working"),
    "moments are unsure without an unsure message":
        lambda: first(Moment.objects.filter(state="done")).update(state="uncertain"),
    "moments are done without an end":
        lambda: first(Moment.objects.filter(state="done")).update(ended_at=None),
    "moments have a feeling outside of -2 to +2":
        lambda: first(Moment.objects.all()).update(feeling=3),
    "messages on their way belong to the same moment":
        lambda: twin_message("held"),
    "messages went a second time for the same moment":
        lambda: twin_message("sent"),
    "messages went, but their moment is still open":
        lambda: Moment.objects.filter(pk=SENT[0].moment_id).update(state="planned"),
    "messages are being sent without a lease":
        lambda: first(SENT).update(state="sending"),
    "messages went without an end":
        lambda: first(SENT).update(ended_at=None),
    "messages have no address":
        lambda: first(SENT).update(state="held", to_address=""),
    "playbooks have two live versions": two_live,
    "clients are merged into themselves":
        lambda: first(Client.objects.all()).update(merged_into=Client.objects.order_by("pk")[0]),
    "merged clients still live a journey":
        lambda: Client.objects.filter(pk=ALIVE[0].client_id).update(merged_into=other_client()),
    "erased clients still have an address":
        lambda: Client.objects.filter(pk=EmailAddress.objects.all()[0].contact.client_id).update(erased_at=NOW),
    "facts lie more than a day ahead":
        lambda: first(Interaction.objects.all()).update(recorded_at=NOW + timedelta(days=2)),
    "lines of consent lie more than a day ahead":
        lambda: Consent.objects.create(client_id=other_client(), channel="email", purpose="service", state="given",
                                       source="test", at=NOW + timedelta(days=2)),
    "promises are open and have ended":
        lambda: first(Promise.objects.all()).update(state="open", ended_at=NOW),
    "promises have ended without an end":
        lambda: first(Promise.objects.all()).update(state="kept", ended_at=None),
    "published versions of a playbook are not what was published":
        lambda: PlaybookVersion.objects.update(text="fondly: 1"),
}  # fmt: skip
LATE = {
    "journeys wait to be planned":
        lambda: first(ALIVE).update(plan_at=NOW - timedelta(hours=1)),
    "moments wait to be done by Fondly":
        lambda: first(Moment.objects.filter(state="planned", journey__state="active")).update(
            at=NOW - timedelta(hours=1)),
    "messages are held by a worker that is gone":
        lambda: first(SENT).update(state="sending", lease_until=datetime(2020, 1, 1, tzinfo=UTC)),
}  # fmt: skip


pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("realtor")]


def found(rules):
    return {one.what for one in rules(NOW)}


def test_what_lives_breaks_no_rule_and_every_corruption_is_found():
    assert found(invariants.broken) == set() and found(invariants.overdue) == set()
    assert len(CORRUPTIONS) + len(LATE) >= 20
    for rules, corruptions in ((invariants.broken, CORRUPTIONS), (invariants.overdue, LATE)):
        for what, corrupt in corruptions.items():
            with transaction.atomic():
                corrupt()
                assert what in found(rules)
                transaction.set_rollback(True)
    assert found(invariants.broken) == set()


def test_who_has_left_the_last_stage_may_wait_for_what_became_of_a_message():
    sent = SENT.filter(moment__journey__state="active")[0]
    Stay.objects.filter(journey=sent.moment.journey_id, left_at=None).update(left_at=NOW)
    Moment.objects.filter(journey=sent.moment.journey_id, state__in=("planned", "due")).update(state="cancelled")
    assert "living journeys are in no stage" in found(invariants.broken)
    Moment.objects.filter(pk=sent.moment_id).update(state="uncertain")
    Message.objects.filter(pk=sent.pk).update(state="uncertain")
    assert found(invariants.broken) == set()


def test_doctor_and_readyz_say_it_and_nothing_is_late_while_paused():
    heartbeat.beat("w1")
    CORRUPTIONS["messages went without an end"]()
    LATE["moments wait to be done by Fondly"]()
    Message.objects.filter(pk=SENT.order_by("pk").last().pk).update(state="uncertain")
    with clock.at(NOW):
        said = [(one.name, one.state, one.says) for one in checkup.examine()]
        assert ("records", "bad", "1 messages went without an end") in said
        assert ("work", "bad", "1 moments wait to be done by Fondly for more than 15 minutes") in said
        assert ("outbox", "note", "1 message(s) may or may not have arrived") in said
        answer = Browser().get("/readyz")
        assert answer.status_code == 503
        assert answer.json()["reasons"] == [{"what": "work", "why": "1 moments wait to be done by Fondly"}]
        switch.turn("lunch")
        assert Browser().get("/readyz").status_code == 200


def test_a_journey_that_left_its_last_stage_may_wait_for_its_last_moments():
    journey = ALIVE.filter(moments__state="planned").order_by("pk")[0]
    Stay.objects.filter(journey=journey, left_at=None).update(left_at=NOW)
    assert "living journeys are in no stage" not in [one.what for one in invariants.broken(NOW)]
    Moment.objects.filter(journey=journey, state__in=("planned", "due", "working")).delete()
    assert "living journeys are in no stage" in [one.what for one in invariants.broken(NOW)]
