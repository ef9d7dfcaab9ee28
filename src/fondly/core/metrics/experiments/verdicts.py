"""What may be said of an experiment today, in one word, with guard metrics; too few to say by default."""

from dataclasses import dataclass
from enum import StrEnum

from fondly.core.metrics.distributions import chi_squared_p
from fondly.core.metrics.estimates import LEVEL, Estimate
from fondly.core.metrics.experiments import always_valid, fixed
from fondly.core.metrics.experiments.samples import Sample

FEWEST = 100
_MISASSIGNED = 0.001


class Verdict(StrEnum):
    TOO_FEW = "too_few"
    BETTER = "better"
    WORSE = "worse"
    NO_DIFFERENCE = "no_difference"  # the planned number is there and none was seen
    HARM = "harm"  # a guard got worse: stop
    BROKEN = "broken"  # the arms are not of the size they were drawn for


@dataclass(frozen=True, slots=True)
class Plan:
    """needed: clients per arm (`sizes`). fewest: per arm, before which nothing is said, not even harm.

    peeking: whether people look before the end; then intervals are those of `always_valid`, else nothing is said
    before `needed`. higher_is_better: for complaints it is False. drawn: share of clients assigned to the treatment.
    """

    needed: int
    higher_is_better: bool = True
    peeking: bool = True
    level: float = LEVEL
    fewest: int = FEWEST
    drawn: float = 0.5


@dataclass(frozen=True, slots=True)
class Guard:
    """A metric that must not get worse by more than `margin` (in its unit) while we try to better another."""

    name: str
    control: Sample
    treatment: Sample
    higher_is_better: bool = False
    margin: float = 0.0


@dataclass(frozen=True, slots=True)
class Result:
    """difference: treatment minus control; lift: the same as a fraction of control, where control is not 0."""

    verdict: Verdict
    difference: Estimate
    lift: Estimate | None
    harmed: tuple[str, ...] = ()


def judge(control: Sample, treatment: Sample, plan: Plan, guards: tuple[Guard, ...] = ()) -> Result:
    """What may be said today. At most 1 - level of experiments without a difference are ever called one, and at most
    as many are stopped for harm by any of the guards (each is given its part)."""
    difference = _estimate(fixed.difference(control, treatment), plan)
    lift = _estimate(fixed.lift(control, treatment), plan) if control.mean else None
    harmed = tuple(guard.name for guard in guards if _is_harmed(guard, plan, len(guards)))
    return Result(_verdict(control, treatment, plan, difference, harmed), difference, lift, harmed)


def _estimate(effect: fixed.Effect, plan: Plan) -> Estimate:
    if plan.peeking:
        return always_valid.estimate(effect, plan.level, tuned_for=2 * plan.needed)
    return fixed.estimate(effect, plan.level)


def _verdict(control: Sample, treatment: Sample, plan: Plan, difference: Estimate, harmed: tuple[str, ...]) -> Verdict:
    fewest = min(control.n, treatment.n)
    if are_misassigned(control.n, treatment.n, plan.drawn):
        return Verdict.BROKEN
    if harmed:
        return Verdict.HARM
    if fewest < (plan.fewest if plan.peeking else max(plan.needed, plan.fewest)):
        return Verdict.TOO_FEW
    if difference.value is not None and difference.is_beyond_zero:
        return Verdict.BETTER if (difference.value > 0) == plan.higher_is_better else Verdict.WORSE
    # Where no client differs within an arm there is no interval, and arms that lie apart are not called equal.
    is_told = difference.is_known or control.mean == treatment.mean
    return Verdict.NO_DIFFERENCE if fewest >= plan.needed and is_told else Verdict.TOO_FEW


def _is_harmed(guard: Guard, plan: Plan, guards: int) -> bool:
    """Worse by more than its margin, beyond chance at any look."""
    if min(guard.control.n, guard.treatment.n) < plan.fewest:
        return False
    effect = fixed.difference(guard.control, guard.treatment)
    seen = always_valid.estimate(effect, 1 - (1 - plan.level) / guards, tuned_for=2 * plan.needed)
    if seen.low is None or seen.high is None:
        return False
    return seen.high < -guard.margin if guard.higher_is_better else seen.low > guard.margin


def are_misassigned(control: int, treatment: int, drawn: float = 0.5) -> bool:
    """Arms of sizes that chance makes less than once in a thousand (chi-squared, 1 degree): the draw is broken."""
    if not 0 < drawn < 1:
        raise ValueError(f"drawn is {drawn}; the share of clients in the treatment must lie between 0 and 1.")
    both = control + treatment
    if both == 0:
        return False
    apart = (treatment - both * drawn) ** 2
    return chi_squared_p(apart / (both * drawn) + apart / (both * (1 - drawn)), 1) < _MISASSIGNED
