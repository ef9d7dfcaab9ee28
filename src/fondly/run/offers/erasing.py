"""What becomes of a client's offers when the record is erased, merged or handed out."""

from typing import Any

from fondly.people.clients import exporting
from fondly.run.offers.models import Offer

_TOLD = ("asked_at", "state", "what", "cost_minor", "currency", "why", "decided_at", "answer")


def on_erase(client_id: int) -> None:
    """No word of it is kept; what it cost stays countable. What waited is not given any more."""
    rows = Offer.objects.filter(client=client_id)
    rows.filter(state=Offer.State.WAITING).update(state=Offer.State.TAKEN_BACK)
    rows.update(what="", why="", answer="")


def on_merge(survivor_id: int, absorbed_id: int) -> dict[str, Any]:
    """The survivor has the other's offers."""
    ids = list(Offer.objects.filter(client=absorbed_id).values_list("pk", flat=True))
    Offer.objects.filter(pk__in=ids).update(client=survivor_id)
    return {"offers": ids}


def on_unmerge(survivor_id: int, absorbed_id: int, memo: dict[str, Any]) -> None:
    """Give them back."""
    Offer.objects.filter(pk__in=memo.get("offers", [])).update(client=absorbed_id)


def on_export(client_id: int) -> dict[str, Any]:
    """What this client was given, or was to be given."""
    return {"offers": exporting.told(Offer.objects.filter(client=client_id), _TOLD)}
