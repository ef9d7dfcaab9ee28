"""Giving a client something: at once within one's limits, beyond them with the yes of somebody who may."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from fondly.ground import clock
from fondly.ground.action import Actor, Conflict, NotAllowed, NotFound, Outcome, Refused, Undo, action
from fondly.ground.locking import locked
from fondly.people.clients import finding
from fondly.people.clients.models import Client
from fondly.people.clients.timeline import record
from fondly.run.offers import authority, facts
from fondly.run.offers.models import Offer

State = Offer.State
MOST_MINOR = 10**12


@dataclass(frozen=True, slots=True)
class MakeOffer:
    """offer: one of the playbook's, or "" with `what` in words. cost_minor: needed for something of one's own and for
    an offer that costs "up to"; a fixed price stands in the playbook. why: needed when somebody else must decide.
    """

    client_id: int
    offer: str = ""
    what: str = ""
    cost_minor: int | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class DecideOffer:
    """why: needed to decline."""

    offer_id: int
    revision: int
    why: str = ""


@dataclass(frozen=True, slots=True)
class OfferId:
    offer_id: int


@dataclass(frozen=True, slots=True)
class OfferState:
    offer_id: int
    state: str
    cost_minor: int
    revision: int


@action("offers.make", permission="run", summary="Offer a client something")
def make(actor: Actor, given: MakeOffer) -> Outcome[OfferState]:
    """Made at once within the actor's limits; else it waits for a yes, and the reason is shown to who decides."""
    client = finding.client(given.client_id)
    written = _written(given)
    cost, why = _cost(given, written), given.why.strip()
    within = authority.authority_of(actor).covers(written, cost)
    if not within and not why:
        raise Refused(_("This is beyond what you may give. Say why, for whoever decides."), field="why")
    offer = _asked(actor, client, given, written, cost)
    if within:
        offer.state, offer.decided_by_name, offer.decided_at = State.MADE, actor.name[:200], offer.asked_at
    offer.save()
    record(facts.of(offer, actor))
    undo = Undo("offers.take_back", OfferId(offer.pk))
    words = _("Offered to %(name)s: %(what)s") if within else _("Asked to offer %(name)s: %(what)s")
    return _outcome(offer, words, undo)


@action("offers.approve", permission="run", summary="Say yes to an offer")
def approve(actor: Actor, given: DecideOffer) -> Outcome[OfferState]:
    """Only somebody whose own limits cover it."""
    offer = _decidable(actor, given)
    return _decided(actor, offer, State.MADE, given.why.strip(), _("Yes to an offer for %(name)s: %(what)s"))


@action("offers.decline", permission="run", summary="Say no to an offer")
def decline(actor: Actor, given: DecideOffer) -> Outcome[OfferState]:
    """The reason goes on the timeline, where whoever asked finds it."""
    if not given.why.strip():
        raise Refused(_("Say why not, for whoever asked."), field="why")
    offer = _decidable(actor, given)
    return _decided(actor, offer, State.DECLINED, given.why.strip(), _("No to an offer for %(name)s: %(what)s"))


@action("offers.reopen", permission="run", summary="Take back a decision about an offer")
def reopen(actor: Actor, given: OfferId) -> Outcome[OfferState]:
    """It waits for a yes again."""
    offer = _find(given.offer_id)
    if offer.state not in (State.MADE, State.DECLINED) or offer.revision == 0:
        raise Refused(_("Nobody has decided about this offer."))
    _require_authority(actor, offer)
    facts.take_back(offer, offer.revision)
    offer.state, offer.decided_at, offer.decided_by_name, offer.answer = State.WAITING, None, "", ""
    _save(offer)
    return _outcome(offer, _("Waits for a yes again, for %(name)s: %(what)s"))


@action("offers.take_back", permission="run", summary="Take back an offer")
def take_back(actor: Actor, given: OfferId) -> Outcome[OfferState]:
    """As if it had not been offered or asked for; what the client was told is not unsaid by it."""
    offer = _find(given.offer_id)
    if offer.state not in (State.WAITING, State.MADE):
        raise Refused(_("This offer is no longer open."))
    if actor.user_id is None or actor.user_id != offer.asked_by_id:
        _require_authority(actor, offer)
    for revision in range(offer.revision + 1):
        facts.take_back(offer, revision)
    offer.state = State.TAKEN_BACK
    _save(offer)
    return _outcome(offer, _("Taken back for %(name)s: %(what)s"))


def may_decide(actor: Actor, offer: Offer) -> bool:
    """Whether this actor's limits cover the offer."""
    return authority.authority_of(actor).covers(authority.written().get(offer.name), offer.cost_minor)


def _written(given: MakeOffer) -> authority.Written | None:
    if not given.offer:
        if not given.what.strip():
            raise Refused(_("Say what you offer, for example: an hour of our time."), field="what")
        return None
    known = authority.written()
    if given.offer not in known:
        names = ", ".join(known) or _("none")
        values = {"offer": given.offer, "known": names}
        raise Refused(_("%(offer)r is no offer of the playbook. It has: %(known)s.") % values, field="offer")
    return known[given.offer]


def _cost(given: MakeOffer, written: authority.Written | None) -> int:
    if written is not None and not written.is_open:
        return written.most_minor
    if given.cost_minor is None:
        raise Refused(_("Say what it costs, 0 if nothing."), field="cost_minor")
    if not 0 <= given.cost_minor <= MOST_MINOR:
        raise Refused(_("The cost cannot be used."), field="cost_minor")
    return given.cost_minor


def _asked(actor: Actor, client: Client, given: MakeOffer, written: authority.Written | None, cost_minor: int) -> Offer:
    return Offer(
        client=client,
        name=given.offer,
        what=(written.what if written is not None else given.what.strip())[:300],
        cost_minor=cost_minor,
        currency=(written.currency if written is not None else "") or authority.currency() or client.currency,
        why=given.why.strip()[:300],
        state=State.WAITING,
        asked_by_id=actor.user_id,
        asked_by_name=actor.name[:200],
        asked_at=clock.now(),
    )


def _decidable(actor: Actor, given: DecideOffer) -> Offer:
    offer = _find(given.offer_id)
    if offer.revision != given.revision:
        raise Conflict(_("Somebody changed this offer meanwhile. Look again."))
    if offer.state != State.WAITING:
        raise Refused(_("This offer is decided already."))
    _require_authority(actor, offer)
    return offer


def _require_authority(actor: Actor, offer: Offer) -> None:
    if not may_decide(actor, offer):
        raise NotAllowed(_("This is beyond what you may give yourself. Somebody with a higher limit decides."))


def _decided(actor: Actor, offer: Offer, state: State, answer: str, words: str) -> Outcome[OfferState]:
    offer.state, offer.decided_by_name, offer.decided_at = state, actor.name[:200], clock.now()
    offer.answer = answer[:300]
    _save(offer)
    record(facts.of(offer, actor))
    return _outcome(offer, words, Undo("offers.reopen", OfferId(offer.pk)))


def _find(offer_id: int) -> Offer:
    found = locked(Offer.objects.select_related("client").filter(pk=offer_id)).first()
    if found is None:
        raise NotFound(_("There is no such offer."))
    finding.refuse_gone(found.client)
    return found


def _save(offer: Offer) -> None:
    offer.revision += 1
    offer.save()


def _outcome(offer: Offer, words: str, undo: Undo | None = None) -> Outcome[OfferState]:
    result = OfferState(offer.pk, str(offer.state), offer.cost_minor, offer.revision)
    return Outcome(result, words % {"name": offer.client.name, "what": offer.what}, offer.client_id, undo)
