"""A plan in the language of this install: its sentences are stored, and compared with those stored before."""

from dataclasses import replace
from typing import TypeVar

from fondly.core.planner.model import Alert, Plan, Schedule, Skip, Stay
from fondly.ground.wording import for_the_record

Decision = TypeVar("Decision", Skip, Alert)


def recorded(plan: Plan) -> Plan:
    """The same plan; every reason that may be stored is plain text now."""
    return replace(
        plan,
        stays=tuple(map(_stay, plan.stays)),
        moments=tuple(map(_schedule, plan.moments)),
        skips=tuple(map(_with_reason, plan.skips)),
        alerts=tuple(map(_with_reason, plan.alerts)),
    )


def _stay(stay: Stay) -> Stay:
    return replace(stay, why=for_the_record(stay.why), why_left=for_the_record(stay.why_left))


def _schedule(schedule: Schedule) -> Schedule:
    if schedule.settled:  # never stored again
        return schedule
    moved = tuple(map(for_the_record, schedule.moved))
    return replace(schedule, why=for_the_record(schedule.why), moved=moved, ask=for_the_record(schedule.ask))


def _with_reason(decision: Decision) -> Decision:
    return replace(decision, reason=for_the_record(decision.reason))
