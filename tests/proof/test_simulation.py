"""Small installs in virtual time, judged after every step. The many are lived by bench/simulate.py."""

import pytest

from fondly.run.journeys import ending
from tests.proof.simulation_run import Choice, live, script, shortest

pytestmark = pytest.mark.django_db

LEAVING = [Choice("start_all", 0, 0, 0), Choice("call", 3, 0, 0), *(Choice("leave", n, 5, 0) for n in range(5))]


@pytest.mark.parametrize("seed", [350, 615])
def test_no_rule_is_broken(seed):
    """Seeds whose worlds send much; two of them broke rules once."""
    lived = live(seed, script(seed, 60))
    assert not lived.broken, f"python bench/simulate.py --seed {seed}"
    assert lived.steps == 61
    assert lived.moments > 5


def test_a_seed_is_lived_the_same_way_again():
    assert live(303, script(303, 25)) == live(303, script(303, 25))


def test_a_broken_rule_is_found_and_its_script_made_short(monkeypatch):
    """An end of a journey that forgets to cancel what is planned."""
    monkeypatch.setattr(ending, "cancel_undone", lambda _journey, _why, _now: None)
    steps, lived = shortest(615, LEAVING)
    assert "though its journey is exited" in lived.broken
    assert [step.name for step in steps] == ["start_all", "leave"]
