"""The reads of the API, each declared once: address, filters, order, shape. The OpenAPI page is made from this list."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Prefetch, Q, QuerySet

from fondly.design.playbooks.models import Playbook, PlaybookVersion
from fondly.doors.api import shapes
from fondly.doors.api.pages import Filter, Order, instant, number, yes
from fondly.people.clients.models import Client, EmailAddress, Interaction, Tag
from fondly.run.journeys.models import Journey, Moment
from fondly.run.outbox.models import Message

BY_ID = Order()


@dataclass(frozen=True, slots=True)
class Read:
    """A list of records. rows gets the numbers of the address (the client's id)."""

    path: str
    summary: str
    shape: type
    rows: Callable[..., QuerySet[Any]]
    make: Callable[[Any], Any]
    filters: dict[str, Filter] = field(default_factory=dict)
    order: Order = BY_ID


def _id(name: str) -> Filter:
    return lambda text: Q(**{name: number(text)})


def _text(name: str) -> Filter:
    return lambda text: Q(**{name: text})


def _from(name: str) -> Filter:
    return lambda text: Q(**{f"{name}__gte": instant(text)})


def _to(name: str) -> Filter:
    return lambda text: Q(**{f"{name}__lt": instant(text)})


def _yes(name: str) -> Filter:
    return lambda text: Q(**{name: yes(text)})


def _one_of(name: str, allowed: list[str]) -> Filter:
    def make(text: str) -> Q:
        if text not in allowed:
            raise ValueError(f"must be one of {', '.join(allowed)}")
        return Q(**{name: text})

    return make


def _playbook(text: str) -> Q:
    """By number or by short name."""
    return Q(playbook_id=number(text)) if text.isdigit() else Q(playbook__slug=text)


def _email(text: str) -> Q:
    """Asked for by number: a client whose people share the address is still one row."""
    found = EmailAddress.objects.filter(key=text.strip().casefold())
    return Q(pk__in=found.values("contact__client"))


def _tag(text: str) -> Q:
    return Q(pk__in=Tag.objects.filter(name=text).values("client"))


def clients() -> QuerySet[Client]:
    """Everybody there is: merged and erased records are not clients any more."""
    return Client.objects.filter(merged_into=None, erased_at=None).prefetch_related("tags")


def timeline(client_id: int) -> QuerySet[Interaction]:
    return Interaction.objects.filter(client_id=client_id)


def _playbooks() -> QuerySet[Playbook]:
    versions = PlaybookVersion.objects.defer("text").order_by("number")
    return Playbook.objects.prefetch_related(Prefetch("versions", versions))


READS: dict[str, Read] = {
    "clients": Read(
        "/api/clients",
        "Clients",
        shapes.ClientItem,
        clients,
        shapes.client,
        {
            "owner": _id("owner_id"),
            "persona": _text("persona"),
            "tag": _tag,
            "source": _text("source"),
            "external_id": _text("external_id"),
            "email": _email,
            "changed_from": _from("changed_at"),
            "demo": _yes("is_demo"),
        },
    ),
    "timeline": Read(
        "/api/clients/{client_id}/timeline",
        "A client's timeline, newest first",
        shapes.Fact,
        timeline,
        shapes.fact,
        {"kind": _text("kind"), "name": _text("name"), "from": _from("at"), "to": _to("at")},
        Order("at", down=True),
    ),
    "journeys": Read(
        "/api/journeys",
        "Journeys",
        shapes.JourneyItem,
        Journey.objects.all,
        shapes.journey,
        {
            "client": _id("client_id"),
            "playbook": _playbook,
            "stage": _text("stage"),
            "state": _one_of("state", Journey.State.values),
            "exit_reason": _text("exit_reason"),
            "started_from": _from("started_at"),
            "started_to": _to("started_at"),
        },
    ),
    "moments": Read(
        "/api/moments",
        "Moments: what is planned, due, done or skipped",
        shapes.MomentItem,
        Moment.objects.all,
        shapes.moment,
        {
            "client": _id("client_id"),
            "journey": _id("journey_id"),
            "assignee": _id("assignee_id"),
            "touchpoint": _text("touchpoint"),
            "stage": _text("stage"),
            "state": _one_of("state", Moment.State.values),
            "from": _from("at"),
            "to": _to("at"),
        },
    ),
    "messages": Read(
        "/api/messages",
        "Messages: what was or will be sent",
        shapes.MessageItem,
        lambda: Message.objects.defer("raw", "html"),
        shapes.message,
        {
            "client": _id("client_id"),
            "moment": _id("moment_id"),
            "template": _text("template"),
            "state": _one_of("state", Message.State.values),
            "made_from": _from("made_at"),
            "made_to": _to("made_at"),
        },
    ),
    "playbooks": Read(
        "/api/playbooks", "Playbooks and their versions", shapes.PlaybookItem, _playbooks, shapes.playbook
    ),
}
