"""What the acts on messages share: finding and locking them, and bringing their moment along."""

from django.utils.translation import gettext as _

from fondly.ground.action import Conflict, NotFound, Refused
from fondly.ground.locking import locked
from fondly.run.journeys.models import Journey, Moment
from fondly.run.outbox.models import Message

State = Message.State
LIVING = (Journey.State.ACTIVE, Journey.State.PAUSED)


def find(message_id: int, revision: int | None = None) -> Message:
    """The message with its moment and journey, locked. Raises NotFound; Conflict when changed since `revision`."""
    rows = Message.objects.select_related("moment__journey__client", "client").filter(pk=message_id)
    message = locked(rows).first()
    if message is None:
        raise NotFound(_("There is no such message."))
    if revision is not None and message.revision != revision:
        raise Conflict(_("Somebody changed this message meanwhile. Look again and decide."))
    return message


def require(message: Message, *states: str) -> None:
    """Raises in words when the message is past what was asked."""
    if message.state in states:
        return
    if message.state == State.SENDING:
        raise Conflict(_("It is being sent at this very moment, so it cannot be changed any more."))
    words = {
        State.SENT: "It has been sent already.",
        State.UNCERTAIN: "It may have arrived: say first whether it did.",
        State.TAKEN_BACK: "It was taken back already.",
        State.CANCELLED: "It was cancelled.",
        State.FAILED: "It could not be sent. The moment on Today says why.",
        State.HELD: "It waits to be sent already.",
        State.APPROVAL: "It waits for a yes first.",
    }
    raise Refused(words[Message.State(message.state)])


def require_living(message: Message) -> None:
    """Raises Refused when the journey the message belongs to has ended."""
    moment = message.moment
    if moment is not None and moment.journey.state not in LIVING:
        raise Refused(_("The journey it belongs to has ended."))


def save(message: Message, *fields: str) -> None:
    """Store these fields and the next revision."""
    message.revision += 1
    message.save(update_fields=["revision", *fields])


def set_moment(message: Message, **values: object) -> Moment | None:
    """Bring the message's moment along, with the next revision."""
    moment = message.moment
    if moment is None:
        return None
    for name, value in values.items():
        setattr(moment, name, value)
    moment.revision += 1
    moment.save(update_fields=[*values, "revision"])
    return moment
