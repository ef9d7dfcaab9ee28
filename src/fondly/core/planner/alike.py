"""Journeys that only just began: those that began alike get one plan, so that a crowd is decided once.

Only the start is known of them, and a start gives nothing of its own to a plan but its instant and its stage: its
number appears in no key, because it is no signal (`facts.signal_of`). The seed counts where something was deferred.
"""

from collections.abc import Hashable

from fondly.core.planner.model import History, Plan


def beginning(history: History) -> Hashable | None:
    """Equal for journeys that began alike; None when more than the start is known of this one."""
    if len(history.facts) != 1 or history.facts[0].kind != "entered" or history.overrides or history.over:
        return None
    start, person = history.facts[0], history.person
    fields = repr(sorted(person.fields.items()))
    about = (person.zone, person.persona, fields, person.refused)
    return start.at, start.name, *about, history.paused_until, history.subject


def seed_counts(plan: Plan) -> bool:
    """Whether another seed could give another plan: automatic moments that were deferred are spread by it."""
    return any(moment.moved and moment.mode != "by_hand" and not moment.settled for moment in plan.moments)
