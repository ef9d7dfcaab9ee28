"""Small installs in virtual time, judged after every step. The many are lived by bench/simulate.py."""

import pytest

from fondly.run.journeys import ending
from fondly.run.journeys.actions import starting
from fondly.run.outbox import ledger
from fondly.run.outbox.models import Message
from tests.proof.simulation_run import Choice, live, script, shortest

pytestmark = [pytest.mark.django_db, pytest.mark.long]

LEAVING = [Choice("start_all", 0, 0, 0), Choice("call", 3, 0, 0), *(Choice("leave", n, 5, 0) for n in range(5))]


@pytest.mark.parametrize("seed", [1, 2, 3, 21])
def test_no_rule_is_broken(seed):
    """Three worlds of a few people with much happening to each, and one of a crowd."""
    lived = live(seed, script(seed))
    assert not lived.broken, f"python bench/simulate.py --seed {seed}"
    assert lived.steps == 121
    assert lived.moments > 5
    assert lived.acts > 5


def test_a_seed_is_lived_the_same_way_again():
    assert live(303, script(303, 25)) == live(303, script(303, 25))


def _forget(*_given):
    """In place of something the engine must do, or must know."""


def _send_again(pk, *_rest):
    Message.objects.filter(pk=pk).update(state="held", committed_at=None, worker="", lease_until=None)


@pytest.mark.parametrize(
    ("seed", "room", "name", "instead", "breaks"),
    [
        (1, ending, "cancel_undone", _forget, "though its journey is"),
        (1, ledger, "_set_uncertain", _send_again, "the same mail was taken twice"),
        (21, starting, "_told_of", _forget, "facts belong to a journey that is not there"),  # a fault it found itself
    ],
)
def test_faults_put_into_the_engine_are_found_by_the_worlds_above(monkeypatch, seed, room, name, instead, breaks):
    monkeypatch.setattr(room, name, instead)
    assert breaks in live(seed, script(seed)).broken


def test_a_broken_rule_is_found_and_its_script_made_short(monkeypatch):
    """An end of a journey that forgets to cancel what is planned."""
    monkeypatch.setattr(ending, "cancel_undone", lambda _journey, _why, _now: None)
    steps, lived = shortest(615, LEAVING)
    assert "though its journey is exited" in lived.broken
    assert [step.name for step in steps] == ["start_all", "leave"]
