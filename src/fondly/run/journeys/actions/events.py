"""Something happened: the journeys it concerns go on at once."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from fondly.core.words import heading, words_of
from fondly.ground import clock
from fondly.ground.action import Actor, NotFound, Outcome, Refused, Undo, action
from fondly.ground.locking import locked
from fondly.people.clients import timeline
from fondly.people.clients.models import Client, Interaction
from fondly.run.journeys import ending, records
from fondly.run.journeys.handling import replan
from fondly.run.journeys.models import Journey

_BY_PERSON = "event"
_AHEAD = timedelta(minutes=5)  # other systems' clocks may run a little fast


@dataclass(frozen=True, slots=True)
class RecordEvent:
    """event: a name of the playbook, e.g. proposal_accepted. journey_id None: every journey of the client hears it.

    source, external_id: the other system's own id; the same pair again changes nothing.
    """

    client_id: int
    event: str
    at: datetime | None = None
    journey_id: int | None = None
    source: str = ""
    external_id: str = ""
    amount_minor: int | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class EventRecorded:
    """new: False when this very event was known already. stages: journey id -> stage afterwards."""

    new: bool
    stages: dict[int, str]


@dataclass(frozen=True, slots=True)
class UnrecordEvent:
    client_id: int
    source: str
    external_id: str


@action("journeys.record_event", permission="run", summary="Record that something happened")
def record_event(actor: Actor, given: RecordEvent) -> Outcome[EventRecorded]:
    """Put an event on the timeline and plan the client's journeys anew. A late event counts from when it happened."""
    now = clock.now()
    client = Client.objects.filter(pk=given.client_id, merged_into=None, erased_at=None).first()
    if client is None:
        raise NotFound(_("There is no such client."))
    at = given.at or now
    event = _usable(given, at, now)
    source, external_id = (given.source or _BY_PERSON)[:40], given.external_id or uuid.uuid4().hex
    if Interaction.objects.filter(source=source, external_id=external_id).exists():
        return Outcome(
            EventRecorded(False, _stages(client.pk)), _("%(event)s was known already") % {"event": event}, client.pk
        )
    journey = _journey(given, client)
    timeline.record(
        timeline.NewFact(
            client.pk, "event", at, name=event, journey_id=given.journey_id, stage=journey.stage if journey else "",
            text=given.text or heading(event), amount_minor=given.amount_minor,
            resource=actor.name, by_id=actor.user_id, source=source, external_id=external_id,
        )
    )  # fmt: skip
    _plan(client.pk, now)
    undo = Undo("journeys.unrecord_event", UnrecordEvent(client.pk, source, external_id))
    words = _("%(name)s: %(event)s") % {"name": client.name, "event": words_of(event)}
    return Outcome(EventRecorded(True, _stages(client.pk)), words, client.pk, undo)


@action("journeys.unrecord_event", permission="run", summary="Take back an event")
def unrecord_event(actor: Actor, given: UnrecordEvent) -> Outcome[EventRecorded]:
    """As if it had not happened; what was sent because of it stays sent."""
    fact = Interaction.objects.filter(source=given.source, external_id=given.external_id, kind="event").first()
    if fact is None or fact.client_id != given.client_id:
        raise NotFound(_("This event is no longer on the timeline."))
    records.take_back(given.source, given.external_id)
    completed = Journey.objects.filter(client=given.client_id, state=Journey.State.COMPLETED, ended_at=fact.at)
    for journey in locked(completed.order_by("pk")):
        ending.go_on(journey)
    _plan(given.client_id, clock.now())
    return Outcome(
        EventRecorded(False, _stages(given.client_id)),
        _("Took back: %(event)s") % {"event": fact.name},
        given.client_id,
    )


def _usable(given: RecordEvent, at: datetime, now: datetime) -> str:
    event = given.event.strip()
    if not event or len(event) > 120 or not event.isprintable():
        raise Refused(_("An event needs a name of at most 120 characters."), field="event")
    if len(given.external_id) > 200:
        raise Refused(_("The external id holds at most 200 characters."), field="external_id")
    if at.tzinfo is None:
        raise Refused(_("The time needs a time zone."), field="at")
    if at > now + _AHEAD:
        raise Refused(_("This lies in the future. An event is recorded when it has happened."), field="at")
    return event


def _journey(given: RecordEvent, client: Client) -> Journey | None:
    if given.journey_id is None:
        return None
    journey = Journey.objects.filter(pk=given.journey_id, client=client).first()
    if journey is None:
        raise NotFound(_("This client has no such journey."))
    return journey


def _plan(client_id: int, now: datetime) -> None:
    journeys = Journey.objects.select_related("client").filter(client=client_id, state=Journey.State.ACTIVE)
    replan(list(locked(journeys.order_by("pk"))), now)


def _stages(client_id: int) -> dict[int, str]:
    living = Journey.objects.filter(client=client_id, state__in=(Journey.State.ACTIVE, Journey.State.PAUSED))
    return dict(living.values_list("pk", "stage"))
