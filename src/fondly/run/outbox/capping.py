"""Caps at the point of no return: no message passes it while an earlier one to the same client is not counted yet.

The plan counts what was sent. Between its point of no return and its fact on the timeline a message
is in no plan, so a second one to the same client waits that long, and then for a plan that knows of the first.
"""

from collections.abc import Sequence

from django.db import connection

from fondly.core.planner.compiled import ready
from fondly.run.outbox.models import Message
from fondly.run.outbox.outgoing import Outgoing

_LOCKS = 0x0F0D  # the class of our advisory locks; the second number is the client


def one_at_a_time(messages: Sequence[Outgoing]) -> None:
    """On PostgreSQL: of two workers writing to one client, the second waits and then sees the first. Take these first.

    Advisory, because a lock on the client's row would stand in the way of people's edits.
    """
    with connection.cursor() as cursor:
        for client_id in sorted(_clients(messages)):
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCKS, client_id % 2**31])


class Uncounted:
    """The clients to whom something has passed its point of no return that no plan has counted yet."""

    def __init__(self, messages: Sequence[Outgoing]) -> None:
        self._clients = _on_the_way(_clients(messages))

    def concerns(self, message: Outgoing) -> bool:
        """Whether this message must wait for the count."""
        return message.client_id in self._clients and _may_be_held_back(message)

    def add(self, message: Outgoing) -> None:
        """This one passes now."""
        self._clients.add(message.client_id)


def _on_the_way(client_ids: set[int]) -> set[int]:
    """Those of the clients to whom a message is past its point of no return."""
    if not client_ids:
        return set()
    rows = Message.objects.filter(client__among=client_ids, state=Message.State.SENDING, committed_at__isnull=False)
    return set(rows.values_list("client_id", flat=True))


def _may_be_held_back(message: Outgoing) -> bool:
    """Not what a contract needs, and not what a person called for."""
    if message.moment is None or message.book is None or message.moment.override:
        return False
    step = ready(message.book).by_name.get(message.moment.touchpoint)
    return step is not None and not step.exempt


def _clients(messages: Sequence[Outgoing]) -> set[int]:
    """Those whose playbooks cap how often they are written to."""
    return {message.client_id for message in messages if message.book is not None and message.book.caps}
