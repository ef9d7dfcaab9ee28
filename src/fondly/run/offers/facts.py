"""What the timeline says of an offer: asked for, made, declined."""

from fondly.ground.action import Actor
from fondly.people.clients.timeline import NewFact
from fondly.run.journeys import records
from fondly.run.journeys.models import Journey
from fondly.run.offers.models import Offer

SOURCE = "offer"


def of(offer: Offer, actor: Actor) -> NewFact:
    """That the offer came to its present state now."""
    living = Journey.objects.filter(client=offer.client_id, state__in=(Journey.State.ACTIVE, Journey.State.PAUSED))
    journey = living.order_by("-started_at").first()
    return NewFact(
        offer.client_id,
        "offered",
        offer.decided_at or offer.asked_at,
        name=str(offer.state),
        journey_id=journey.pk if journey else None,
        stage=journey.stage if journey else "",
        text=offer.what,
        resource=actor.name,
        by_id=actor.user_id,
        data={
            "offer_id": offer.pk,
            "offer": offer.name,
            "cost_minor": offer.cost_minor,
            "currency": offer.currency,
            "note": offer.answer or offer.why,
        },
        source=SOURCE,
        external_id=records.fact_id(offer.pk, offer.revision),
    )


def take_back(offer: Offer, revision: int) -> None:
    """Take out again what was written when the offer had this revision, if anything was."""
    records.take_back(SOURCE, records.fact_id(offer.pk, revision))
