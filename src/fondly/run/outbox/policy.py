"""May this message go now? Asked in bulk before connecting and once more at the point of no return."""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache

from django.db.models import Count, Max

from fondly.core.planner.calendars import Gate, first_open
from fondly.core.planner.compiled import ready
from fondly.core.planner.zones import zone_of
from fondly.ground.wording import recorded
from fondly.people.clients import consents
from fondly.people.clients.models import Consent
from fondly.run.journeys.models import Journey, Moment
from fondly.run.outbox import addresses
from fondly.run.outbox.outgoing import Outgoing, Stamp


def refused_by_journey(journey_state: str, moment_state: str, is_current: bool) -> str:
    """At the point of no return: why the journey keeps this message here; "" when it does not."""
    if journey_state != Journey.State.ACTIVE:
        return _said_of_journey(journey_state)
    if moment_state != Moment.State.WORKING:
        return recorded("the moment is no longer on its way")
    return "" if is_current else recorded("something happened meanwhile: the plan is looked at first")


def _said_of_journey(state: str) -> str:
    return recorded("the journey is paused") if state == Journey.State.PAUSED else recorded("the journey has ended")


def erased() -> str:
    return recorded("the client's data have been erased")


def forbidden(messages: Sequence[Outgoing]) -> dict[int, str]:
    """message id -> why it may never go: consent withdrawn, address suppressed, record gone, outside the sandbox."""
    ledger = consents.newest({message.client_id for message in messages})
    suppressed = consents.is_suppressed({message.to_address for message in messages})
    found = {message.pk: _forbidden(message, ledger, suppressed) for message in messages}
    return {pk: reason for pk, reason in found.items() if reason}


def stamps(messages: Sequence[Outgoing]) -> dict[int, Stamp]:
    """By message id. Read these before asking `forbidden`: then nothing falls between."""
    ids = {message.client_id for message in messages}
    counted = Consent.objects.filter(client__among=ids).order_by().values_list("client_id")
    lines = {pk: (n, newest) for pk, n, newest in counted.annotate(n=Count("pk"), newest=Max("pk"))}
    hashes = consents.hashes_of({message.to_address for message in messages})
    return {m.pk: Stamp(lines.get(m.client_id, (0, 0)), hashes[m.to_address]) for m in messages}


def _forbidden(message: Outgoing, ledger: dict[int, dict[consents.Pair, consents.Line]], suppressed: set[str]) -> str:
    if message.is_erased:
        return erased()
    if message.to_address in suppressed:
        return recorded("the address is on the list of addresses that must not be written to")
    if not addresses.in_sandbox(message.to_address):
        return recorded("sandbox: only the addresses in FONDLY_SANDBOX_TO are written to")
    return consents.why_not(ledger.get(message.client_id, {}), "email", message.purpose)


def opens_at(message: Outgoing, now: datetime) -> datetime:
    """The first instant at or after now at which quiet hours and channel hours let this message go."""
    moment = message.moment
    if moment is None or message.book is None or moment.override in ("now", "at"):  # a person chose the time
        return now
    book = ready(message.book)
    step = book.by_name.get(moment.touchpoint)
    if step is None:
        return now
    return _first_open(now, book.gates(step, zone_of(message.zone, book.playbook.timezone)))


@lru_cache(maxsize=1024)  # a batch asks for one instant, and for few zones and touchpoints
def _first_open(now: datetime, gates: tuple[Gate, ...]) -> datetime:
    opened = first_open(now, gates)
    return opened[0] if opened is not None else now
