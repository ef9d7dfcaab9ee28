"""What the outbox forgets and hands on with a client."""

from typing import Any

from django.db.models import Q

from fondly.people.clients import exporting
from fondly.run.outbox.models import Attempt, Message

_TOLD = ("made_at", "ended_at", "state", "purpose", "to_address", "subject", "text")
_WAITING = (Message.State.HELD, Message.State.APPROVAL)


def on_erase(client_id: int) -> None:
    """Nothing more goes out, and no word of what was sent is kept; that something was sent stays countable."""
    rows = Message.objects.filter(client=client_id)
    rows.filter(state__in=_WAITING).update(state=Message.State.CANCELLED)
    rows.update(
        to_name="", to_address="", subject="", text="", html="", raw=None, reply="", why="", link_hash="", edited_by="",
        held_why="",
    )  # fmt: skip
    Attempt.objects.filter(message__client=client_id).update(reply="")


def on_merge(survivor_id: int, absorbed_id: int) -> dict[str, Any]:
    """The survivor has the other's messages."""
    ids = list(Message.objects.filter(client=absorbed_id).values_list("pk", flat=True))
    Message.objects.filter(pk__in=ids).update(client=survivor_id)
    return {"messages": ids}


def on_unmerge(survivor_id: int, absorbed_id: int, memo: dict[str, Any]) -> None:
    """Give them back, and what was written since for the moments that went back before."""
    back = Q(pk__in=memo.get("messages", [])) | Q(moment__client=absorbed_id)
    Message.objects.filter(back).update(client=absorbed_id)


def on_export(client_id: int) -> dict[str, Any]:
    """What was written to this client."""
    return {"messages": exporting.told(Message.objects.filter(client=client_id), _TOLD)}
