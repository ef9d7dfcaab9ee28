"""Erase one client for good; remove the examples."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fondly.ground.action import Actor, NotFound, Outcome, Refused, action
from fondly.people.clients import consents, erasure, hooks
from fondly.people.clients.models import Client

_CHUNK = 200


@dataclass(frozen=True, slots=True)
class EraseClient:
    """suppress: also never write to the client's addresses again, even if a later import brings them back."""

    client_id: int
    suppress: bool = True


@dataclass(frozen=True, slots=True)
class Erased:
    client_id: int


@dataclass(frozen=True, slots=True)
class RemoveDemo:
    pass


@dataclass(frozen=True, slots=True)
class DemoRemoved:
    count: int


@action("clients.erase", permission="admin", summary="Erase a client")
def erase(actor: Actor, given: EraseClient) -> Outcome[Erased]:
    """Scrub every text about this client, here and in every room. Counts stay; nothing can bring it back."""
    consents.about_to_change()
    client = Client.objects.select_for_update().filter(pk=given.client_id).first()
    if client is None:
        raise NotFound(_("There is no client with the number %(id)s.") % {"id": given.client_id})
    if client.erased_at is not None:
        raise Refused(_("This client was erased already."))
    for one in erasure.everyone_of(client):
        erasure.scrub(one, suppress=given.suppress)
    return Outcome(Erased(client.pk), _("Erased client %(id)s") % {"id": client.pk}, client.pk)


@action("clients.remove_demo", permission="admin", summary="Remove the examples")
def remove_demo(actor: Actor, given: RemoveDemo) -> Outcome[DemoRemoved]:
    """Remove every client marked as an example, and what the other rooms hold of them."""
    hooks.on_remove_demo()
    ids = list(Client.objects.filter(is_demo=True).values_list("pk", flat=True))
    for start in range(0, len(ids), _CHUNK):
        Client.objects.filter(pk__in=ids[start : start + _CHUNK]).delete()
    summary = ngettext("Removed %(n)d example client", "Removed %(n)d example clients", len(ids)) % {"n": len(ids)}
    return Outcome(DemoRemoved(len(ids)), summary)
