"""Sending an unsure message again as it was: the same bytes and the same Message-ID, when evidence says it never went.

A person who says that it did not arrive gets a new message instead (`outbox.resolve`): it can be taken back first.
"""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from fondly.ground import clock
from fondly.ground.action import Actor, Outcome, action
from fondly.run.journeys.models import Moment
from fondly.run.outbox import handling
from fondly.run.outbox.actions import MessageState
from fondly.run.outbox.models import Message

State = Message.State


@dataclass(frozen=True, slots=True)
class SendAgain:
    message_id: int


@action("outbox.send_again", permission="run", summary="Send an unsure message again as it was")
def send_again(actor: Actor, given: SendAgain) -> Outcome[MessageState]:
    """The same bytes under the same Message-ID, so that a server that has it already may know it."""
    message = handling.find(given.message_id)
    handling.require(message, State.UNCERTAIN)
    handling.require_living(message)
    message.state, message.go_at, message.worker = State.HELD, clock.now(), ""
    message.committed_at = message.ended_at = message.lease_until = None
    message.reply = ""
    handling.save(message, "state", "go_at", "worker", "committed_at", "ended_at", "lease_until", "reply")
    handling.set_moment(message, state=Moment.State.WORKING, reason="")
    state = MessageState(message.pk, message.state, message.revision)
    return Outcome(state, _("Sent again as it was: %(subject)s") % {"subject": message.subject}, message.client_id)
