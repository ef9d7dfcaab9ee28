"""An undo told by hand (over the API) reaches only what it belongs to: no other client's timeline, no sent mail."""

import pytest

from fondly.ground import clock
from fondly.ground.action import Refused, perform
from fondly.people.clients import timeline
from fondly.people.clients.models import Interaction
from fondly.people.team.access import actor_of
from fondly.run.journeys import records
from fondly.run.journeys.actions.living import UnmoveJourney
from fondly.run.journeys.actions.moments import FinishMoment, RestoreMoment
from fondly.run.journeys.handling import MomentBefore, before_of
from fondly.run.journeys.models import Journey, Moment
from tests.cast import NOW


@pytest.fixture(autouse=True)
def _held_clock():
    with clock.at(NOW):
        yield


@pytest.fixture
def moments(cast):
    due = list(Moment.objects.filter(state="due", asks="by_hand").select_related("journey")[:2])
    assert due[0].client_id != due[1].client_id
    return due


def _finish(moment, actor) -> str:
    perform("journeys.finish", actor, FinishMoment(moment.pk, moment.revision, feeling=1))
    moment.refresh_from_db()
    return records.fact_id(moment.pk, moment.revision)


def test_unfinish_leaves_the_fact_of_another_moment(cast, moments):
    mine, other = moments
    actor, before = actor_of(cast.lee), before_of(mine)
    fact, _mine = _finish(other, actor), _finish(mine, actor)
    with pytest.raises(Refused):
        perform("journeys.unfinish", actor, RestoreMoment(mine.pk, mine.revision, before, fact))
    assert Interaction.objects.filter(source=records.MOMENT, external_id=fact).exists()


def test_a_done_moment_needs_its_own_fact_to_be_undone(cast, moments):
    moment, before = moments[0], before_of(moments[0])
    _finish(moment, actor_of(cast.lee))
    with pytest.raises(Refused):
        perform("journeys.restore", actor_of(cast.lee), RestoreMoment(moment.pk, moment.revision, before, "made-up"))
    moment.refresh_from_db()
    assert moment.state == "done"


def test_what_was_sent_is_not_planned_again(cast, moments):
    moment, before = moments[0], before_of(moments[0])
    Moment.objects.filter(pk=moment.pk).update(state="done")
    moment.refresh_from_db()
    timeline.record(records.of_moment(moment, "sent", NOW, text="Hello"))
    fact = records.fact_id(moment.pk, moment.revision)
    with pytest.raises(Refused):
        perform("journeys.restore", actor_of(cast.lee), RestoreMoment(moment.pk, moment.revision, before, fact))
    assert Interaction.objects.filter(external_id=fact, kind="sent").exists()


def test_a_moment_cannot_be_put_into_a_state_of_ones_own_making(cast, moments):
    made_up = MomentBefore("anything", "", NOW)
    with pytest.raises(Refused):
        perform("journeys.restore", actor_of(cast.lee), RestoreMoment(moments[0].pk, moments[0].revision, made_up))


def test_unmove_leaves_the_facts_of_another_journey(cast):
    one, other = Journey.objects.filter(state="active").order_by("pk")[:2]
    timeline.record(records.fact(other, "entered", NOW, f"move:{other.pk}:1", name=other.stage))
    perform("journeys.unmove", actor_of(cast.lee), UnmoveJourney(one.pk, f"move:{other.pk}:1"))
    assert Interaction.objects.filter(external_id=f"move:{other.pk}:1").exists()
