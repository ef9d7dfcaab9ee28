"""What becomes of a client's behaviour events when the record is erased or merged."""

from collections.abc import Callable, Sequence
from typing import Any

from django.db.models import F

from fondly.measure.events import people
from fondly.measure.events.models import BehaviourEvent, Visitor
from fondly.people.clients.hooks import Hook

# fn(visitors: Sequence[str]) -> None: these ids are being forgotten; whoever keeps events of theirs removes them.
on_forget: Hook[Callable[[Sequence[str]], None]] = Hook("visitors are forgotten")


def on_erase(client_id: int) -> None:
    """Every event of the client goes, and that those ids were theirs."""
    people.alone()
    visitors = visitors_of(client_id)
    if visitors:
        on_forget(visitors)
        BehaviourEvent.objects.filter(visitor__among=set(visitors)).delete()
        Visitor.objects.filter(client=client_id).delete()


def on_merge(survivor_id: int, absorbed_id: int) -> dict[str, Any]:
    """The survivor is who the other's visitors were."""
    people.alone()
    memo = {"visitors": _ids(absorbed_id), "own": _ids(survivor_id)}
    Visitor.objects.filter(client=absorbed_id).update(client=survivor_id)
    return memo


def on_unmerge(survivor_id: int, absorbed_id: int, memo: dict[str, Any]) -> None:
    """Give them back, with ids that became theirs since; those that became both records' stand for themselves again."""
    people.alone()
    back = Visitor.objects.filter(pk__among=set(memo.get("visitors", [])))
    own = Visitor.objects.filter(pk__among=set(memo.get("own", [])))
    both = own.filter(same_as__in=back.values("same_as")).values_list("same_as", flat=True)
    Visitor.objects.filter(same_as__among=set(both)).update(same_as=F("visitor"))
    Visitor.objects.filter(same_as__in=back.values("same_as")).update(client=absorbed_id)


def _ids(client_id: int) -> list[int]:
    return list(Visitor.objects.filter(client=client_id).order_by("pk").values_list("pk", flat=True))


def visitors_of(client_id: int) -> list[str]:
    """The ids under which a client's events come."""
    return list(Visitor.objects.filter(client=client_id).order_by("visitor").values_list("visitor", flat=True))
