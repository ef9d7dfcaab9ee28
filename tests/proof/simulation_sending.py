"""May these mails leave now? Answered anew, without the sender's own code."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from zoneinfo import ZoneInfo

from fondly.core.planner.model import Plan
from fondly.core.playbook.model import Playbook as Book
from fondly.core.playbook.model import Touchpoint
from fondly.ground import clock
from fondly.people.clients import consents
from fondly.people.clients.models import Consent
from fondly.run.journeys import switch
from fondly.run.journeys.models import Journey
from fondly.run.journeys.reconcile import load_for, plan_of
from fondly.run.outbox.models import Message
from tests.proof.simulation_state import rows

_WITHOUT_CONSENT = ("service", "keep_in_touch")
_OF_MAIL = """
SELECT mo.journey_id, mo.key, mo.override, mo.touchpoint, j.version_id, c.zone
FROM outbox_message m JOIN journeys_moment mo ON mo.id = m.moment_id
JOIN journeys_journey j ON j.id = mo.journey_id JOIN clients_client c ON c.id = m.client_id
WHERE m.message_id = %s"""


@dataclass(frozen=True, slots=True)
class Mail:
    """What is behind a Message-ID."""

    journey_id: int
    key: str
    override: str
    touchpoint: str
    version_id: int
    zone: str

    @property
    def moment(self) -> str:
        """ "journey|key" of the moment."""
        return f"{self.journey_id}|{self.key}"


def mail(message_id: str) -> Mail:
    """Looks it up."""
    return Mail(*rows(_OF_MAIL, [message_id])[0])


def refusals_at_commit(message_ids: Collection[str]) -> Iterator[str]:
    """Which of these mails should not have passed the point of no return just now, and why."""
    found = Message.objects.select_related("moment__journey__client", "client").defer("raw", "text", "html")
    messages = list(found.filter(message_id__in=message_ids).order_by("pk"))
    suppressed = consents.is_suppressed({message.to_address for message in messages})
    paused = "everything is paused" if switch.why_paused() else ""
    plans = _plans([message.moment.journey for message in messages if message.moment is not None])
    for message in messages:
        why = paused or _refusal(message, suppressed) or _given_up(message, plans)
        if why:
            yield f"{why}: {message.message_id}"


def _refusal(message: Message, suppressed: set[str]) -> str:
    moment = message.moment
    if message.client.erased_at is not None:
        return "the client is erased"
    if message.to_address in suppressed:
        return "the address is suppressed"
    if not _agreed(message):
        return f"the client does not agree to {message.purpose}"
    if moment is None or moment.journey.state != Journey.State.ACTIVE or moment.state != "working":
        return f"the journey is {moment and moment.journey.state}, the moment {moment and moment.state}"
    return ""


def _agreed(message: Message) -> bool:
    lines = Consent.objects.filter(
        client=message.client_id, channel__in=("email", ""), purpose__in=(message.purpose, "")
    )
    newest = max(lines, key=lambda line: (line.at, line.state == "withdrawn"), default=None)
    return message.purpose in _WITHOUT_CONSENT if newest is None else newest.state != "withdrawn"


def _plans(journeys: Sequence[Journey]) -> dict[int, Plan]:
    """By journey: the plan, made anew at this instant."""
    books, loaded = load_for(journeys)
    now = clock.now()
    return {one.pk: plan_of(books[one.version_id], loaded.histories[one.pk], now) for one in journeys}


def _given_up(message: Message, plans: Mapping[int, Plan]) -> str:
    """Why the plan does not have this moment any more; "" when it has."""
    if message.moment is None:
        return ""
    plan, key = plans[message.moment.journey_id], message.moment.key
    skip = next((skip for skip in plan.skips if skip.key == key), None)
    if skip is not None:
        return f"the plan has given it up: {skip.reason}"
    found = next((moment for moment in plan.moments if moment.key == key), None)
    return f"a person should be asked first: {found.ask}" if found is not None and found.ask else ""


def refusal_of_hour(mail: Mail, book: Book) -> str:
    """Which hours are closed at this instant for this mail; "" when none is, or when a person chose the time."""
    if mail.override in ("now", "at"):
        return ""
    local = clock.now().astimezone(_zone(mail.zone, book.timezone))
    touchpoint = book.touchpoint(mail.touchpoint)
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
