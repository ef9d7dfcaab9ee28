"""May this mail leave now? Answered anew, without the sender's own code."""

from datetime import datetime, time
from zoneinfo import ZoneInfo

from fondly.core.playbook.model import Playbook as Book
from fondly.core.playbook.model import Touchpoint
from fondly.design.playbooks import library
from fondly.ground import clock
from fondly.people.clients import consents
from fondly.people.clients.models import Consent
from fondly.run.journeys import switch
from fondly.run.journeys.models import Journey
from fondly.run.journeys.reconcile import load_for, plan_of
from fondly.run.outbox.models import Message

_WITHOUT_CONSENT = ("service", "keep_in_touch")


def refusal_at_commit(message_id: str) -> str:
    """Why this mail should not have passed the point of no return just now; "" when it may."""
    message = Message.objects.select_related("moment__journey__client", "client").get(message_id=message_id)
    moment = message.moment
    if switch.why_paused():
        return "everything is paused"
    if message.client.erased_at is not None:
        return "the client is erased"
    if consents.is_suppressed([message.to_address]):
        return "the address is suppressed"
    if not _agreed(message):
        return f"the client does not agree to {message.purpose}"
    if moment is None or moment.journey.state != Journey.State.ACTIVE or moment.state != "working":
        return f"the journey is {moment and moment.journey.state}, the moment {moment and moment.state}"
    return _given_up(moment.journey, moment.key)


def _agreed(message: Message) -> bool:
    lines = Consent.objects.filter(
        client=message.client_id, channel__in=("email", ""), purpose__in=(message.purpose, "")
    )
    newest = max(lines, key=lambda line: (line.at, line.state == "withdrawn"), default=None)
    return message.purpose in _WITHOUT_CONSENT if newest is None else newest.state != "withdrawn"


def _given_up(journey: Journey, key: str) -> str:
    """Why the plan, made anew at this instant, does not have this moment; "" when it has."""
    books, loaded = load_for([journey])
    plan = plan_of(books[journey.version_id], loaded.histories[journey.pk], clock.now())
    skip = next((skip for skip in plan.skips if skip.key == key), None)
    if skip is not None:
        return f"the plan has given it up: {skip.reason}"
    found = next((moment for moment in plan.moments if moment.key == key), None)
    return f"a person should be asked first: {found.ask}" if found is not None and found.ask else ""


def refusal_of_hour(message_id: str) -> str:
    """Which hours are closed at this instant for this mail; "" when none is, or when a person chose the time."""
    message = Message.objects.select_related("moment__journey", "client").get(message_id=message_id)
    moment = message.moment
    if moment is None or moment.override in ("now", "at"):
        return ""
    book = library.parsed(moment.journey.version_id)
    zone = _zone(message.client.zone, book.timezone)
    local = clock.now().astimezone(zone)
    touchpoint = book.touchpoint(moment.touchpoint)
    return closed_at(book, touchpoint, local) if touchpoint is not None else ""


def closed_at(book: Book, touchpoint: Touchpoint, local: datetime) -> str:
    """The rule that closes this local time for an automatic touchpoint whose times are the client's; "" when none."""
    when, channel, quiet = touchpoint.when, book.channels.get(touchpoint.channel), book.calendar.quiet
    if quiet is not None and _inside(local.time(), *quiet):
        return f"quiet hours, {local}"
    if channel is not None and channel.hours is not None and not _inside(local.time(), *channel.hours):
        return f"outside the hours of the channel, {local}"
    if when is None or when.zone == "business":
        return ""
    if when.between is not None and not _inside(local.time(), *when.between):
        return f"not between {when.between}, {local}"
    return f"a weekend, {local}" if when.weekdays_only and local.weekday() > 4 else ""


def _inside(at: time, first: time, last: time) -> bool:
    return first <= at < last if first < last else at >= first or at < last


def _zone(*names: str) -> ZoneInfo:
    return ZoneInfo(next((name for name in names if name), "UTC"))
