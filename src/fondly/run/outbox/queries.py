"""Reads of the Outbox: what will go, what went, what was held and why. Keyset pages, at most a handful of queries."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, Q, QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from fondly.ground.action import NotFound
from fondly.ground.branches import ids, statement
from fondly.people.team.screens import page_key
from fondly.run.journeys import switch
from fondly.run.outbox import addresses
from fondly.run.outbox.models import Attempt, Message

State = Message.State
PAGE = 50
# What the filter offers: key -> (word, the states it shows).
FILTERS: dict[str, tuple[Any, tuple[str, ...]]] = {
    "waiting": (_("Will go"), (State.HELD, State.SENDING)),
    "approval": (_("Waits for a yes"), (State.APPROVAL,)),
    "uncertain": (_("Not sure it arrived"), (State.UNCERTAIN,)),
    "failed": (_("Failed"), (State.FAILED,)),
    "sent": (_("Went"), (State.SENT,)),
    "stopped": (_("Stopped"), (State.TAKEN_BACK, State.CANCELLED)),
}
OPEN = ("waiting", "approval", "uncertain", "failed")
_SOONEST = ("waiting", "approval")  # in the order in which they will go; the others newest first
_COLUMNS = ("id", "client_id", "to_name", "to_address", "subject", "state", "why", "held_why", "go_at", "made_at",
            "ended_at", "reply", "revision", "attempts_made", "edited_by")  # fmt: skip


@dataclass(frozen=True, slots=True)
class OutboxPage:
    rows: list[dict[str, Any]]
    after: str  # the key to continue after, "" at the end


@dataclass(frozen=True, slots=True)
class Stopping:
    """Why nothing leaves at the moment. Both "" when it does."""

    paused: str = ""
    not_ready: str = ""


def page(shown: str, after: str = "") -> OutboxPage:
    """Fifty messages of one filter. One query."""
    branches = [_after(Message.objects.filter(state=state), shown in _SOONEST, after) for state in FILTERS[shown][1]]
    found = Message.objects.filter(pk__in=ids(statement(branch[: PAGE + 1]) for branch in branches))
    found = found.order_by(*(("go_at", "id") if shown in _SOONEST else ("-go_at", "-id")))
    rows = list(found.values(*_COLUMNS, name=F("client__name"))[: PAGE + 1])
    more = f"{rows[PAGE - 1]['go_at'].isoformat()}~{rows[PAGE - 1]['id']}" if len(rows) > PAGE else ""
    return OutboxPage(rows[:PAGE], more)


def _after(found: "QuerySet[Message]", soonest: bool, after: str) -> "QuerySet[Message]":
    found = found.order_by("go_at", "id") if soonest else found.order_by("-go_at", "-id")
    key = page_key(after)
    if key is None:
        return found
    then, pk = key
    if soonest:
        return found.filter(Q(go_at__gt=then) | Q(go_at=then, pk__gt=pk), go_at__gte=then)
    return found.filter(Q(go_at__lt=then) | Q(go_at=then, pk__lt=pk), go_at__lte=then)


def counts() -> dict[str, int]:
    """How many wait for something; what has ended is not counted. One query on an index."""
    open_states = [state for key in OPEN for state in FILTERS[key][1]]
    rows = Message.objects.filter(state__in=open_states).order_by().values("state").annotate(n=Count("pk"))
    by_state = dict(rows.values_list("state", "n"))
    return {key: sum(by_state.get(state, 0) for state in FILTERS[key][1]) for key in OPEN}


def badge(user: Any) -> "QuerySet[Message]":
    """What a person must decide: messages that may or may not have arrived."""
    return Message.objects.filter(state=State.UNCERTAIN)


def stopping() -> Stopping:
    return Stopping(switch.why_paused(), addresses.not_ready())


def message(message_id: int) -> Message:
    """One message with its client, moment and journey. Raises NotFound."""
    rows = Message.objects.select_related("client", "moment__journey").defer("raw")
    found = rows.filter(pk=message_id).first()
    if found is None:
        raise NotFound(gettext("There is no such message."))
    return found


def headers(message_id: int) -> str:
    """The head of the frozen bytes; "" while they are not frozen yet."""
    raw = Message.objects.values_list("raw", flat=True).get(pk=message_id)
    return bytes(raw).partition(b"\r\n\r\n")[0].decode("ascii", "replace") if raw else ""


def attempts(message_id: int) -> list[Attempt]:
    return list(Attempt.objects.filter(message=message_id).order_by("-started_at", "-id")[:50])


def still_here(message_ids: list[int]) -> list[int]:
    """Of these messages those that can still be taken back."""
    rows = Message.objects.filter(pk__in=message_ids[:1000], state__in=(State.HELD, State.APPROVAL))
    return list(rows.order_by("go_at", "id").values_list("pk", flat=True))
