"""What must hold between the rows of every install at any moment. The doctor counts the rows that break it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.apps import apps
from django.db.models import Exists, F, ForeignKey, Model, OuterRef, Q, QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from fondly.design.playbooks import library
from fondly.design.playbooks.models import PlaybookVersion
from fondly.ground.leases import database_now
from fondly.listen.promises.models import Promise
from fondly.people.clients.models import Client, Consent, EmailAddress, Interaction
from fondly.run.journeys import switch
from fondly.run.journeys.models import Journey, Moment, Stay
from fondly.run.outbox import addresses
from fondly.run.outbox.models import Message

MOST = 1000  # counted of one kind; more are not needed to know
LAG = timedelta(minutes=15)  # by which a working install may be behind
_LIVING = (Journey.State.ACTIVE, Journey.State.PAUSED)
_ON_THE_WAY = (Message.State.HELD, Message.State.SENDING, Message.State.APPROVAL)
_OPEN = (Moment.State.PLANNED, Moment.State.DUE, Moment.State.WORKING)
Rows = Callable[[datetime], "QuerySet[Any]"]


@dataclass(frozen=True, slots=True)
class Broken:
    """count: at most MOST. what: as it follows a number, "moments belong to another client than their journey"."""

    count: int
    what: str


def broken(now: datetime) -> Iterator[Broken]:
    """Everything that does not hold. Reads the whole install once or twice: minutes on a very large one."""
    found = [(_count(rows(now)), gettext(what)) for what, rows in _RULES.items()]
    found += [(_count(rows), what) for what, rows in _orphans()]
    found.append((_changed_texts(), gettext("published versions of a playbook are not what was published")))
    yield from (Broken(count, what) for count, what in found if count)


def overdue(now: datetime) -> Iterator[Broken]:
    """What a running worker would have done by now; nothing while everything is paused. Uses indexes only."""
    if switch.why_paused():
        return
    counted = [(_count(rows(now - LAG)), gettext(what)) for what, rows in _OVERDUE.items()]
    yield from (Broken(count, what) for count, what in counted if count)


def _count(rows: "QuerySet[Any]") -> int:
    return len(rows.order_by().values_list("pk", flat=True)[:MOST])


def _orphans() -> Iterator[tuple[str, "QuerySet[Any]"]]:
    """Rows that point to a row which is not there, for every foreign key of ours."""
    for model in _models():
        for field in model._meta.concrete_fields:
            if isinstance(field, ForeignKey):
                parent = field.related_model._default_manager.filter(pk=OuterRef(field.attname))
                rows = model._default_manager.filter(~Exists(parent), **{f"{field.attname}__isnull": False})
                words = gettext("rows of %(table)s point to a missing %(field)s")
                yield words % {"table": model._meta.db_table, "field": field.name}, rows


def _models() -> Iterator[type[Model]]:
    for config in apps.get_app_configs():
        if config.name.startswith("fondly."):
            yield from config.get_models(include_auto_created=True)


def _changed_texts() -> int:
    versions = PlaybookVersion.objects.exclude(state=PlaybookVersion.State.DRAFT)
    return sum(library.hash_of(text) != kept for text, kept in versions.values_list("text", "content_hash").iterator())


def _facts_of_no_journey(now: datetime) -> "QuerySet[Any]":
    journey = Journey.objects.filter(pk=OuterRef("journey_id"))
    return Interaction.objects.filter(~Exists(journey), journey_id__isnull=False)


def _twin_journeys(now: datetime) -> "QuerySet[Any]":
    twin = Journey.objects.filter(
        client=OuterRef("client"), playbook=OuterRef("playbook"), matter=OuterRef("matter"), state__in=_LIVING
    )
    return Journey.objects.filter(Exists(twin.exclude(pk=OuterRef("pk"))), state__in=_LIVING)


def _twin_messages(now: datetime) -> "QuerySet[Any]":
    twin = Message.objects.filter(moment=OuterRef("moment"), state__in=_ON_THE_WAY).exclude(pk=OuterRef("pk"))
    return Message.objects.filter(Exists(twin), state__in=_ON_THE_WAY, moment__isnull=False)


def _sent_twice(now: datetime) -> "QuerySet[Any]":
    twin = Message.objects.filter(moment=OuterRef("moment"), state=Message.State.SENT, pk__lt=OuterRef("pk"))
    return Message.objects.filter(Exists(twin), state=Message.State.SENT, moment__isnull=False)


def _held_by_nobody(now: datetime) -> "QuerySet[Any]":
    on_the_way = Message.objects.filter(moment=OuterRef("pk"), state__in=_ON_THE_WAY)
    return Moment.objects.filter(~Exists(on_the_way), state=Moment.State.WORKING, lease_until=None)


def _doubt_without_message(now: datetime) -> "QuerySet[Any]":
    unsure = Message.objects.filter(moment=OuterRef("pk"), state=Message.State.UNCERTAIN)
    return Moment.objects.filter(~Exists(unsure), state=Moment.State.UNCERTAIN)


def _open_stays() -> "QuerySet[Stay]":
    return Stay.objects.filter(left_at=None)


def _nowhere(now: datetime) -> "QuerySet[Any]":
    """Leaving out those that have left their last stage and only wait for its last moments (or what became of one)."""
    here = Stay.objects.filter(journey=OuterRef("pk"), stage=OuterRef("stage"))
    waits = Moment.objects.filter(journey=OuterRef("pk"), state__in=(*_OPEN, Moment.State.UNCERTAIN))
    living = Journey.objects.filter(state__in=_LIVING, stage_entered_at__lte=now)
    return living.exclude(Exists(here.filter(left_at=None))).exclude(Exists(here), Exists(waits))


def _two_places(now: datetime) -> "QuerySet[Any]":
    other = _open_stays().filter(journey=OuterRef("journey"), pk__lt=OuterRef("pk"))
    return _open_stays().filter(Exists(other))


def _two_live_versions(now: datetime) -> "QuerySet[Any]":
    live = PlaybookVersion.objects.filter(state=PlaybookVersion.State.LIVE)
    return live.filter(Exists(live.filter(playbook=OuterRef("playbook"), pk__lt=OuterRef("pk"))))


def _plans_overdue(then: datetime) -> "QuerySet[Any]":
    return Journey.objects.filter(state=Journey.State.ACTIVE, plan_at__lt=then)


def _moments_overdue(then: datetime) -> "QuerySet[Any]":
    current = Q(journey__plan_at__isnull=True) | Q(journey__plan_at__gt=then)
    active = Moment.objects.filter(current, journey__state=Journey.State.ACTIVE)
    return active.filter(state=Moment.State.PLANNED, at__lt=then)


def _messages_overdue(then: datetime) -> "QuerySet[Any]":
    if addresses.not_ready():
        return Message.objects.none()
    living = Q(moment=None) | Q(moment__journey__state=Journey.State.ACTIVE)
    return Message.objects.filter(living, state=Message.State.HELD, go_at__lt=then)


def _leases_overdue(then: datetime) -> "QuerySet[Any]":
    """By the database's clock, as the leases are."""
    return Message.objects.filter(state=Message.State.SENDING, lease_until__lt=database_now() - LAG)


_OVERDUE: dict[str, Rows] = {
    _("journeys wait to be planned"): _plans_overdue,
    _("moments wait to be done by Fondly"): _moments_overdue,
    _("messages wait to be sent"): _messages_overdue,
    _("messages are held by a worker that is gone"): _leases_overdue,
}
_RULES: dict[str, Rows] = {
    _("facts belong to a journey that is not there"): _facts_of_no_journey,
    _("moments belong to another client than their journey"):
        lambda now: Moment.objects.exclude(client=F("journey__client")),
    _("messages belong to another client than their moment"):
        lambda now: Message.objects.filter(moment__isnull=False).exclude(client=F("moment__client")),
    _("promises belong to another client than their journey"):
        lambda now: Promise.objects.filter(journey__isnull=False).exclude(client=F("journey__client")),
    _("journeys live a version of another playbook"):
        lambda now: Journey.objects.exclude(playbook=F("version__playbook")),
    _("journeys live a draft"):
        lambda now: Journey.objects.filter(version__state=PlaybookVersion.State.DRAFT),
    _("journeys are lived twice at once for one matter"): _twin_journeys,
    _("living journeys are in no stage"): _nowhere,
    _("stays overlap another of the same journey"): _two_places,
    _("journeys have ended without an end"):
        lambda now: Journey.objects.exclude(state__in=_LIVING).filter(ended_at=None),
    _("ended journeys still wait to be planned"):
        lambda now: Journey.objects.exclude(state__in=_LIVING).filter(plan_at__isnull=False),
    _("moments of ended journeys are still planned"):
        lambda now: Moment.objects.filter(state=Moment.State.PLANNED).exclude(journey__state__in=_LIVING),
    _("moments are on their way and held by nobody"): _held_by_nobody,
    _("moments are unsure without an unsure message"): _doubt_without_message,
    _("moments are done without an end"):
        lambda now: Moment.objects.filter(state=Moment.State.DONE, ended_at=None),
    _("moments have a feeling outside of -2 to +2"):
        lambda now: Moment.objects.exclude(feeling=None).exclude(feeling__range=(-2, 2)),
    _("messages on their way belong to the same moment"): _twin_messages,
    _("messages went a second time for the same moment"): _sent_twice,
    _("messages went, but their moment is still open"):
        lambda now: Message.objects.filter(state=Message.State.SENT, moment__state__in=_OPEN),
    _("messages are being sent without a lease"):
        lambda now: Message.objects.filter(state=Message.State.SENDING, lease_until=None),
    _("messages went without an end"):
        lambda now: Message.objects.filter(state=Message.State.SENT, ended_at=None),
    _("messages have no address"):
        lambda now: Message.objects.filter(state__in=_ON_THE_WAY, to_address=""),
    _("playbooks have two live versions"): _two_live_versions,
    _("clients are merged into themselves"):
        lambda now: Client.objects.filter(merged_into=F("pk")),
    _("merged clients still live a journey"):
        lambda now: Journey.objects.filter(state__in=_LIVING, client__merged_into__isnull=False),
    _("erased clients still have an address"):
        lambda now: EmailAddress.objects.filter(contact__client__erased_at__isnull=False),
    _("facts lie more than a day ahead"):
        lambda now: Interaction.objects.filter(recorded_at__gt=now + timedelta(days=1)),
    _("lines of consent lie more than a day ahead"):
        lambda now: Consent.objects.filter(at__gt=now + timedelta(days=1)),
    _("promises are open and have ended"):
        lambda now: Promise.objects.filter(state=Promise.State.OPEN, ended_at__isnull=False),
    _("promises have ended without an end"):
        lambda now: Promise.objects.exclude(state=Promise.State.OPEN).filter(ended_at=None),
}  # fmt: skip
