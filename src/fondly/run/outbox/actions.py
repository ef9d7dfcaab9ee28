"""What people do with messages: take back, send now, approve, edit, say what became of an unsure one, unsubscribe."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from pydantic import SecretStr

from fondly.core.playbook.purposes import SERVICE
from fondly.ground import clock
from fondly.ground.action import SYSTEM, Actor, NotFound, Outcome, Refused, Undo, action, perform
from fondly.ground.wording import recorded
from fondly.people.clients import timeline
from fondly.people.clients.actions import SetConsent
from fondly.run.journeys import records
from fondly.run.journeys.handling import replan
from fondly.run.journeys.models import Moment
from fondly.run.outbox import addresses, handling, holding, ledger, links, rendering
from fondly.run.outbox.models import Message

State = Message.State
MOST_TEXT = 100_000


@dataclass(frozen=True, slots=True)
class TakeBack:
    message_id: int
    why: str = ""


@dataclass(frozen=True, slots=True)
class ReleaseMessage:
    """fact: what taking back put on the timeline."""

    message_id: int
    state: str = "held"
    fact: str = ""


@dataclass(frozen=True, slots=True)
class SendNow:
    message_id: int


@dataclass(frozen=True, slots=True)
class ApproveMessage:
    message_id: int
    revision: int


@dataclass(frozen=True, slots=True)
class EditMessage:
    """revision: as shown when the person began to edit. text: plain text; paragraphs are kept."""

    message_id: int
    revision: int
    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class ResolveUncertain:
    """arrived False: send it again, as a new message. evidence: what shows it; "" is the word of who says so."""

    message_id: int
    arrived: bool
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class UnresolveMessage:
    message_id: int
    fact: str = ""


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    """token: from the link in the mail. ip: of the one who pressed the button."""

    token: SecretStr  # never in the audit trail: only its hash is kept
    ip: str = ""


@dataclass(frozen=True, slots=True)
class SubscribeAgain:
    """token: from the same link. ip: of the one who pressed the button."""

    token: SecretStr  # never in the audit trail: only its hash is kept
    ip: str = ""


@dataclass(frozen=True, slots=True)
class Unsubscribed:
    """purposes: of mail, whose consent was changed."""

    purposes: list[str]


@dataclass(frozen=True, slots=True)
class MessageState:
    message_id: int
    state: str
    revision: int


@action("outbox.take_back", permission="run", summary="Take a message back")
def take_back(actor: Actor, given: TakeBack) -> Outcome[MessageState]:
    """It will not be sent; its moment counts as skipped."""
    message, now = handling.find(given.message_id), clock.now()
    handling.require(message, State.HELD, State.APPROVAL)
    before, why = message.state, given.why.strip() or recorded("taken back by %(who)s") % {"who": actor.name}
    message.state, message.ended_at = State.TAKEN_BACK, now
    handling.save(message, "state", "ended_at")
    moment = handling.set_moment(
        message, state=Moment.State.SKIPPED, asks="", reason=why[:300], ended_at=now, ended_by=actor.name[:200],
        override="skip", override_by=actor.name[:200], override_why=why[:300],
    )  # fmt: skip
    fact = ""
    if moment is not None:
        timeline.record(records.of_moment(moment, "skipped", now, text=why, by_id=actor.user_id, resource=actor.name))
        fact = records.fact_id(moment.pk, moment.revision)
        replan([moment.journey], now)
    undo = Undo("outbox.release", ReleaseMessage(message.pk, before, fact))
    return _outcome(message, _("Taken back: %(subject)s") % {"subject": message.subject}, undo)


@action("outbox.release", permission="run", summary="Let a message taken back go after all")
def release(actor: Actor, given: ReleaseMessage) -> Outcome[MessageState]:
    """It waits again, with the full time to take it back. Refused when the plan has given its moment up."""
    message, now = handling.find(given.message_id), clock.now()
    handling.require(message, State.TAKEN_BACK)
    handling.require_living(message)
    if given.fact and message.moment is not None:
        records.take_back_of(message.moment.journey, given.fact, message.moment)
    approval = given.state == State.APPROVAL
    message.state, message.ended_at = (State.APPROVAL if approval else State.HELD), None
    message.go_at = holding.until(now)
    handling.save(message, "state", "ended_at", "go_at")
    moment = handling.set_moment(
        message, state=Moment.State.DUE if approval else Moment.State.WORKING, asks="approve" if approval else "",
        reason="", ended_at=None, ended_by="", override="", override_at=None, override_by="", override_why="",
    )  # fmt: skip
    if moment is not None:
        replan([moment.journey], now)
        _require_kept(message, moment)
    return _outcome(
        message,
        _("It goes after all: %(subject)s") % {"subject": message.subject},
        Undo("outbox.take_back", TakeBack(message.pk)),
    )


@action("outbox.send_now", permission="run", summary="Send a message at once")
def send_now(actor: Actor, given: SendNow) -> Outcome[MessageState]:
    """Without waiting for the end of its hold or of quiet hours."""
    message, now = handling.find(given.message_id), clock.now()
    handling.require(message, State.HELD)
    handling.require_living(message)
    message.go_at = now
    message.held_why = addresses.not_ready()
    handling.save(message, "go_at", "held_why")
    moment = handling.set_moment(message, override="now", override_at=now, override_by=actor.name[:200])
    if moment is not None:
        replan([moment.journey], now)
    return _outcome(message, _("Sending now: %(subject)s") % {"subject": message.subject})


@action("outbox.approve", permission="run", summary="Approve a message")
def approve(actor: Actor, given: ApproveMessage) -> Outcome[MessageState]:
    """It goes out after its hold. revision: of the text that was read."""
    message, now = handling.find(given.message_id, given.revision), clock.now()
    handling.require(message, State.APPROVAL)
    handling.require_living(message)
    message.state, message.go_at, message.held_why = State.HELD, holding.until(now), addresses.not_ready()
    handling.save(message, "state", "go_at", "held_why")
    moment = handling.set_moment(
        message, state=Moment.State.WORKING, asks="", reason="", override="now", override_at=now,
        override_by=actor.name[:200],
    )  # fmt: skip
    if moment is not None:
        replan([moment.journey], now)
    undo = Undo("outbox.unapprove", ReleaseMessage(message.pk))
    return _outcome(message, _("Approved: %(subject)s") % {"subject": message.subject}, undo)


@action("outbox.unapprove", permission="run", summary="Take an approval back")
def unapprove(actor: Actor, given: ReleaseMessage) -> Outcome[MessageState]:
    """The message waits for a yes again."""
    message = handling.find(given.message_id)
    handling.require(message, State.HELD)
    message.state = State.APPROVAL
    handling.save(message, "state")
    handling.set_moment(message, state=Moment.State.DUE, asks="approve", override="", override_at=None, override_by="")
    return _outcome(message, _("Waits for a yes again: %(subject)s") % {"subject": message.subject})


@action("outbox.edit", permission="run", summary="Edit a message")
def edit(actor: Actor, given: EditMessage) -> Outcome[MessageState]:
    """Change subject and text before it leaves. Refused as soon as a try to send it has begun."""
    message = handling.find(given.message_id, given.revision)
    handling.require(message, State.HELD, State.APPROVAL)
    if message.attempts_made:
        raise Refused(_("A try to send it was made already; its content is fixed. Take it back and write a new one."))
    subject, text = _usable(given)
    before = EditMessage(message.pk, message.revision + 1, message.subject, message.text)
    written = rendering.rewrite(subject, text)
    message.subject, message.text, message.html, message.raw = written.subject, written.text, written.html, None
    message.edited_by = actor.name[:200]
    handling.save(message, "subject", "text", "html", "raw", "edited_by")
    return _outcome(message, _("Edited: %(subject)s") % {"subject": message.subject}, Undo("outbox.edit", before))


@action("outbox.resolve", permission="run", summary="Say whether an unsure message arrived")
def resolve(actor: Actor, given: ResolveUncertain) -> Outcome[MessageState]:
    """It arrived: count it as sent. It did not: send it again as a new message, which can be taken back."""
    message, now = handling.find(given.message_id), clock.now()
    handling.require(message, State.UNCERTAIN)
    if given.arrived:
        return _arrived(actor, message, given.evidence or recorded("Arrived, says %(who)s") % {"who": actor.name})
    handling.require_living(message)
    message.state = State.FAILED
    message.reply = (given.evidence or recorded("Did not arrive, says %(who)s") % {"who": actor.name})[:500]
    handling.save(message, "state", "reply")
    moment = handling.set_moment(
        message, state=Moment.State.PLANNED, reason="", at=now, override="now", override_at=now,
        override_by=actor.name[:200],
    )  # fmt: skip
    if moment is not None:
        replan([moment.journey], now)
    return _outcome(message, _("Will be sent again: %(subject)s") % {"subject": message.subject})


@action("outbox.unresolve", permission="run", summary="Undo what was said about an unsure message")
def unresolve(actor: Actor, given: UnresolveMessage) -> Outcome[MessageState]:
    """The message is unsure again."""
    message = handling.find(given.message_id)
    handling.require(message, State.SENT)
    if given.fact and message.moment is not None:
        records.take_back_of(message.moment.journey, given.fact, message.moment, sent=True)
    message.state, message.reply = State.UNCERTAIN, ledger.UNSURE
    handling.save(message, "state", "reply")
    handling.set_moment(message, state=Moment.State.UNCERTAIN, ended_at=None, ended_by="")
    return _outcome(message, _("Unsure again: %(subject)s") % {"subject": message.subject})


@action("outbox.unsubscribe", permission="run", summary="Unsubscribe by the link in a mail")
def unsubscribe(actor: Actor, given: Unsubscribe) -> Outcome[Unsubscribed]:
    """Withdraw the consent this mail was sent under. Only ever called by a POST; effective at commit."""
    message = _linked(given.token.get_secret_value())
    client = message.client.merged_into or message.client
    purposes = sorted({message.purpose, "marketing"} - {SERVICE})
    for purpose in purposes:
        withdrawn = SetConsent(client.pk, "email", purpose, "withdrawn", "unsubscribe link", ip=given.ip or None)
        perform("clients.consent", SYSTEM, withdrawn)
    return Outcome(
        Unsubscribed(purposes),
        _("%(name)s unsubscribed from %(purposes)s") % {"name": client.name, "purposes": ", ".join(purposes)},
        client.pk,
    )


@action("outbox.subscribe_again", permission="run", summary="Take an unsubscription back by the link in a mail")
def subscribe_again(actor: Actor, given: SubscribeAgain) -> Outcome[Unsubscribed]:
    """Consent to what this mail was for, and to nothing more. Only ever called by a POST of the client's button."""
    message = _linked(given.token.get_secret_value())
    client = message.client.merged_into or message.client
    purposes = [message.purpose] if message.purpose != SERVICE else []
    for purpose in purposes:
        consent = SetConsent(
            client.pk, "email", purpose, "given", "unsubscribe link, changed mind", ip=given.ip or None
        )
        perform("clients.consent", SYSTEM, consent)
    return Outcome(
        Unsubscribed(purposes),
        _("%(name)s wants mail again: %(purposes)s") % {"name": client.name, "purposes": ", ".join(purposes)},
        client.pk,
    )


def _require_kept(message: Message, moment: Moment) -> None:
    """Raises Refused when the plan, just made again, has given this moment up: too late, or no longer wanted."""
    message.refresh_from_db(fields=["state"])
    moment.refresh_from_db(fields=["reason"])
    if message.state == State.CANCELLED:
        raise Refused(_("It is no longer in the plan: %(why)s. It stays taken back.") % {"why": moment.reason})


def _linked(token: str) -> Message:
    """The message whose link holds this token. Raises NotFound."""
    found = Message.objects.filter(link_hash=links.hash_of(token)).select_related("client").first()
    if found is None or not token:
        raise NotFound(_("This link is not known. It may belong to a mail that has been erased."))
    return found


def _arrived(actor: Actor, message: Message, evidence: str) -> Outcome[MessageState]:
    now = message.committed_at or clock.now()
    message.state, message.reply = State.SENT, evidence[:500]
    handling.save(message, "state", "reply")
    moment = handling.set_moment(message, state=Moment.State.DONE, ended_at=now, ended_by=actor.name[:200], reason="")
    fact = ""
    if moment is not None:
        data = {"message": message.pk, **records.promises_of(moment)}
        timeline.record(records.of_moment(moment, "sent", now, text=message.subject, data=data))
        fact = records.fact_id(moment.pk, moment.revision)
        replan([moment.journey], clock.now())
    return _outcome(
        message,
        _("Arrived: %(subject)s") % {"subject": message.subject},
        Undo("outbox.unresolve", UnresolveMessage(message.pk, fact)),
    )


def _usable(given: EditMessage) -> tuple[str, str]:
    subject = " ".join(given.subject.split())
    if not subject or len(subject) > 500:
        raise Refused(_("A message needs a subject of at most 500 characters."), field="subject")
    text = given.text.replace("\r\n", "\n").replace("\0", "").strip()
    if not text or len(text) > MOST_TEXT:
        raise Refused(
            _("A message needs a text of at most %(most)s characters.") % {"most": f"{MOST_TEXT:,}"},
            field="text",
        )
    return subject, text


def _outcome(message: Message, summary: str, undo: Undo | None = None) -> Outcome[MessageState]:
    return Outcome(MessageState(message.pk, message.state, message.revision), summary, message.client_id, undo)
