"""Any acts in any order, chosen by Hypothesis: after each the rules of the simulation hold.

A long run: HYPOTHESIS_PROFILE=long python -m pytest tests/proof/test_machine.py
"""

import os
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from tests.proof.simulation_acts import ACTS
from tests.proof.simulation_run import FEW
from tests.proof.simulation_steps import STEPS
from tests.proof.simulation_world import living

pytestmark = pytest.mark.django_db

_QUIET = {"deadline": None, "suppress_health_check": list(HealthCheck), "database": None}
_PROFILES = {
    "small": settings(max_examples=3, stateful_step_count=25, phases=[Phase.generate], derandomize=True, **_QUIET),
    "long": settings(max_examples=2000, stateful_step_count=50, **_QUIET),
}
ALL = {**STEPS, **ACTS}
NUMBER = st.integers(0, 999)


class Install(RuleBasedStateMachine):
    """One small install; every step of the simulation is a rule."""

    @initialize(seed=st.integers(1, 500))
    def begin(self, seed: int) -> None:
        self.living = living(seed, FEW)
        self.world = self.living.__enter__()
        ACTS["start_all"][0](self.world, 0, 0, 0)

    def teardown(self) -> None:
        if hasattr(self, "living"):
            self.living.__exit__(None, None, None)


def _rule(name: str) -> Callable[[Install, int, int, int], None]:
    def step(self: Install, a: int, b: int, c: int) -> None:
        settled = ALL[name][0](self.world, a, b, c)
        self.world.rules.judge(settled=settled is True and not self.world.traps and not self.world.server.next_faults)

    step.__name__ = name
    return step


for _name in ALL:
    setattr(Install, _name, rule(a=NUMBER, b=NUMBER, c=NUMBER)(_rule(_name)))


def test_the_rules_hold_whatever_is_done_in_whatever_order() -> None:
    assert len(ALL) >= 20
    run_state_machine_as_test(Install, settings=_PROFILES[os.environ.get("HYPOTHESIS_PROFILE", "small")])
