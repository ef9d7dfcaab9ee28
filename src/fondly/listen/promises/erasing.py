"""What becomes of a client's promises when the record is erased, merged or handed out."""

from typing import Any

from django.db.models import Q

from fondly.listen.promises.models import Promise
from fondly.people.clients import exporting

_TOLD = ("made_at", "what", "due_at", "state", "ended_at", "note", "said_by")


def on_erase(client_id: int) -> None:
    """No word of them is kept; how many were kept or broken stays countable. What is open is owed to nobody now."""
    rows = Promise.objects.filter(client=client_id)
    rows.filter(state=Promise.State.OPEN).delete()
    rows.update(what="", note="", said_by="")


def on_merge(survivor_id: int, absorbed_id: int) -> dict[str, Any]:
    """The survivor has the other's promises."""
    ids = list(Promise.objects.filter(client=absorbed_id).values_list("pk", flat=True))
    Promise.objects.filter(pk__in=ids).update(client=survivor_id)
    return {"promises": ids}


def on_unmerge(survivor_id: int, absorbed_id: int, memo: dict[str, Any]) -> None:
    """Give them back, and what was promised since in the journeys that went back before."""
    back = Q(pk__in=memo.get("promises", [])) | Q(journey__client=absorbed_id)
    Promise.objects.filter(back).update(client=absorbed_id)


def on_export(client_id: int) -> dict[str, Any]:
    """What this client was led to expect."""
    return {"promises": exporting.told(Promise.objects.filter(client=client_id), _TOLD)}
