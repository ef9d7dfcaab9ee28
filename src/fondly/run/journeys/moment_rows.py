"""What a plan decided, as columns of stored moments: a crowd has too many of them to make an object of each."""

from django.utils.translation import gettext_noop

from fondly.core.planner.model import Alert, Schedule
from fondly.core.playbook.model import Playbook as Book
from fondly.ground.wording import recorded
from fondly.run.journeys.difference import asks_late
from fondly.run.journeys.histories import Kept
from fondly.run.journeys.models import Journey, Moment

State = Moment.State
Row = tuple[object, ...]
BEFORE_US = gettext_noop("it was due before this journey was run here")
WHAT = (
    "journey", "client", "key", "touchpoint", "stage", "kind", "channel", "mode", "wanted_at", "local", "zone", "why",
    "moved", "role", "minutes",
)  # fmt: skip
NEW = (*WHAT, "at", "state", "asks", "reason", "ended_at")
MOVED = (
    "state", "asks", "reason", "at", "wanted_at", "local", "zone", "why", "moved", "mode", "channel", "role",
    "ended_at",
)  # fmt: skip


def what(journey: Journey, book: Book, s: Schedule) -> Row:
    """WHAT of a moment that is not stored yet; when and in which state come behind."""
    minutes = book.stages[s.stage].touchpoints[s.touchpoint].minutes
    return (
        journey.pk, journey.client_id, s.key, s.touchpoint, s.stage, s.kind, s.channel, s.mode, s.wanted_at,
        s.local[:32], s.zone, s.why[:300], list(s.moved), role_of(book, s.stage, s.touchpoint), minutes,
    )  # fmt: skip


def new(journey: Journey, book: Book, schedule: Schedule) -> Row:
    """NEW of a moment for a schedule."""
    return (*what(journey, book, schedule), schedule.at, *_asking(schedule), None)


def over(journey: Journey, book: Book, schedule: Schedule) -> Row:
    """NEW of a moment whose time had passed before this journey was run here."""
    return (*what(journey, book, schedule), schedule.at, State.SKIPPED, "", recorded(BEFORE_US), schedule.at)


def alerted(journey: Journey, book: Book, alert: Alert) -> Row:
    """NEW of a moment that can never happen as the playbook stands: a person must look at it."""
    touchpoint = book.stages[alert.stage].touchpoints[alert.touchpoint]
    schedule = Schedule(
        alert.key, alert.touchpoint, alert.stage, alert.stay, touchpoint.kind, touchpoint.channel, touchpoint.mode,
        alert.at, alert.at, alert.at.isoformat(), "UTC", touchpoint.when_text or "its time cannot be found",
    )  # fmt: skip
    return (*what(journey, book, schedule), alert.at, State.DUE, "failed", alert.reason[:300], None)


def moved(book: Book, row: Kept, s: Schedule) -> Row:
    """MOVED of a stored moment, and its id."""
    role = role_of(book, s.stage, s.touchpoint)
    return (
        *_asking(s), s.at, s.wanted_at, s.local[:32], s.zone, s.why[:300], list(s.moved), s.mode, s.channel, role, None,
        row.id,
    )  # fmt: skip


def role_of(book: Book, stage: str, touchpoint: str) -> str:
    """The role that does this touchpoint: its own owner, else the stage's."""
    found = book.stages[stage].touchpoints.get(touchpoint)
    return (found.owner if found is not None else "") or book.stages[stage].owner


def _asking(schedule: Schedule) -> tuple[str, str, str]:
    """state, asks, reason."""
    return (State.DUE, "late", schedule.ask[:300]) if asks_late(schedule) else (State.PLANNED, "", "")
