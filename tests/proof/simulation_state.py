"""Questions about a whole world, asked of the tables."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from django.db.models import Count, Exists, OuterRef, Q

from fondly.people.clients.models import Interaction
from fondly.run.journeys import switch
from fondly.run.journeys.models import Journey, Moment
from fondly.run.outbox import queries
from fondly.run.outbox.models import Message

LIVING = ("active", "paused")
Committed = tuple[str, datetime, int]  # Message-ID, when, the how-manieth try


def times_told(journey_id: int, key: str) -> int:
    """How often the timeline says that this moment was done or sent."""
    return Interaction.objects.filter(journey_id=journey_id, key=key, kind__in=("done", "sent")).count()


def key_of_mail(message_id: str) -> str:
    """ "journey|key" of the moment behind a mail."""
    found = Message.objects.filter(message_id=message_id).values_list("moment__journey_id", "moment__key").get()
    return f"{found[0]}|{found[1]}"


def committed_mails() -> set[Committed]:
    """What is past the point of no return and has no answer yet."""
    rows = Message.objects.filter(state="sending", committed_at__isnull=False)
    return set(rows.values_list("message_id", "committed_at", "attempts_made"))


def states_of_mails(message_ids: Iterable[str]) -> dict[str, tuple[str, bool, str]]:
    """Message-ID -> (state, whether it passed the point of no return, the last words about it)."""
    rows = Message.objects.filter(message_id__in=list(message_ids))
    found = rows.values_list("message_id", "state", "committed_at", "reply")
    return {pk: (state, at is not None, reply) for pk, state, at, reply in found}


def breaches() -> Iterator[str]:
    """What is never true, whatever is under way."""
    living = Journey.objects.filter(state__in=LIVING)
    for row in living.order_by().values("client", "playbook", "matter").annotate(n=Count("pk")).filter(n__gt=1):
        yield f"more than one living journey: {row}"
    for journey in living.exclude(client__erased_at=None, client__merged_into=None)[:1]:
        yield f"journey {journey.pk} lives on for a record that is gone"
    yield from _loose_ends()
    yield from _unlisted()


def _loose_ends() -> Iterator[str]:
    """Moments and messages that no one will ever bring to an end."""
    of_moment = Message.objects.filter(moment=OuterRef("pk"))
    in_hand = of_moment.filter(state="sending")
    ended = Moment.objects.filter(state__in=("planned", "due", "working")).exclude(journey__state__in=LIVING)
    for moment in ended.exclude(Exists(in_hand))[:1]:
        yield f"{_about(moment)} is {moment.state} though its journey is {moment.journey.state}"
    working = Moment.objects.filter(state="working", lease_until=None)
    for moment in working.exclude(Exists(of_moment.filter(state__in=("held", "sending"))))[:1]:
        yield f"{_about(moment)} is on its way, and no message is"
    asked = Moment.objects.filter(state="due", asks="approve")
    for moment in asked.exclude(Exists(of_moment.filter(state="approval")))[:1]:
        yield f"{_about(moment)} waits for a yes to no message"
    astray = Q(state="held") & ~Q(moment__state="working") | Q(state="approval") & ~Q(moment__state="due")
    waiting = Message.objects.filter(astray)
    for message in waiting[:1]:
        yield f"message {message.pk} is {message.state} while its moment is {message.moment and message.moment.state}"


def _unlisted() -> Iterator[str]:
    uncertain = set(Message.objects.filter(state="uncertain").values_list("pk", flat=True)[: queries.PAGE])
    if uncertain and not uncertain <= {row["id"] for row in queries.page("uncertain").rows}:
        yield "an uncertain message is not listed in the Outbox"
    for moment in Moment.objects.filter(state="uncertain").exclude(messages__state="uncertain")[:1]:
        yield f"{_about(moment)} is uncertain, and no message is"


def plans_due(now: datetime) -> bool:
    """Whether a journey waits to be planned."""
    return Journey.objects.filter(state="active", plan_at__lte=now).exists()


def left_behind(now: datetime) -> Iterator[str]:
    """What should have been done by now: the engine said it had nothing left to do."""
    if switch.why_paused():
        return
    active = Q(journey__state="active")
    for moment in Moment.objects.filter(active, state="planned", at__lte=now)[:1]:
        yield f"{_about(moment)} was due at {moment.at} and is still planned at {now}"
    for journey in Journey.objects.filter(state="active", plan_at__lte=now)[:1]:
        yield f"journey {journey.pk} was to be planned at {journey.plan_at}, and it is {now}"
    ready = Q(moment__journey__state="active", moment__state="working")
    for message in Message.objects.filter(ready, state="held", go_at__lte=now)[:1]:
        yield f"message {message.pk} should have gone at {message.go_at}, and it is {now}"


def _about(moment: Moment) -> str:
    return f"moment {moment.pk} ({moment.journey_id}|{moment.key})"
