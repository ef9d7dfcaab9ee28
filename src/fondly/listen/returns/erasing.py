"""What this room forgets and hands out with a client."""

from typing import Any

from fondly.listen.returns.models import Return
from fondly.people.clients import consents
from fondly.people.clients.models import EmailAddress


def on_erase(client_id: int) -> None:
    """The words go. A complaint outlives them: with its consent lines gone, only the address can still say no."""
    rows = Return.objects.filter(message__client=client_id)
    if rows.filter(kind=Return.Kind.COMPLAINED).exists():
        for address in EmailAddress.objects.filter(contact__client=client_id).values_list("address", flat=True):
            consents.suppress(address, "complaint")
    rows.update(words="")


def on_export(client_id: int) -> dict[str, Any]:
    """What came back about the messages to this client."""
    rows = Return.objects.filter(message__client=client_id).order_by("happened_at", "pk")
    told = rows.values_list("happened_at", "kind", "source", "words", "message")
    return {
        "returns": [
            {"happened_at": at.isoformat(), "kind": kind, "source": source, "words": words, "message": message}
            for at, kind, source, words, message in told
        ]
    }
