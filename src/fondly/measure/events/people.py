"""Which ids are one person, and which client that is.

Nobody is made from an event. An id is a client's when it is the client's external_id, or when the address that came
with it is exactly one client's. Ids become one person by identify (the anonymousId beside a userId) and by alias.
Two clients never become one: an id that is somebody's stays theirs, whoever signs in at the same device later.
"""

from collections.abc import Iterable, Mapping, Sequence

from fondly.ground import bulk
from fondly.ground.locking import fence
from fondly.measure.events.models import ANONYMOUS, BehaviourEvent, Visitor
from fondly.people.clients.models import Client, EmailAddress

_FENCE = int.from_bytes(b"events", "big")


def alone() -> None:
    """Only one at a time, until the transaction ends, says who visitors are: else what one of them finds out about a
    client would be written after another has erased or merged that client, or has found that nobody knows the visitor.
    """
    fence(_FENCE)


class People:
    """The visitors of one batch, as the database has them and as the batch changes them. Inside a transaction."""

    def __init__(self, ids: Iterable[str]) -> None:
        rows = list(Visitor.objects.filter(visitor__in=set(ids)).values_list("visitor", "same_as", "client_id"))
        self._same_as = {visitor: same_as for visitor, same_as, _ in rows}
        self._client: dict[str, int | None] = {same_as: client_id for _, same_as, client_id in rows}
        self._new: dict[str, None] = {}
        self._moved: list[tuple[str, str]] = []  # all ids the database has under the first are now the second
        self._found: set[str] = set()  # who became known as a client

    def client_of(self, visitor: str) -> int | None:
        """The client behind an id, None when nobody knows."""
        return self._client.get(self._same_as.get(visitor, ""))

    def has_met(self, visitor: str) -> bool:
        """Whether the id came before with identify or alias, or is a client's."""
        return visitor in self._same_as

    def meet(self, visitor: str, client_id: int | None) -> None:
        """Keep the id. client_id: who it would be; what is known already counts more."""
        person = self._person(visitor)
        if self._client[person] is None and client_id is not None:
            self._client[person] = client_id
            self._found.add(person)

    def is_free(self, visitor: str) -> bool:
        """Whether the id is not another one's yet."""
        return self._same_as.get(visitor, visitor) == visitor

    def join(self, visitor: str, into: str) -> None:
        """Both ids are one person from now on, unless they are two clients."""
        one, other = self._person(visitor), self._person(into)
        mine, theirs = self._client[one], self._client[other]
        if one == other or (mine is not None and theirs is not None and mine != theirs):
            return
        if mine != theirs:
            self._found.add(other)
        self._client[other] = theirs if theirs is not None else mine
        if one not in self._new:
            self._moved.append((one, other))
        for known, same_as in self._same_as.items():
            if same_as == one:
                self._same_as[known] = other

    def save(self) -> None:
        """Write what changed, and have events looked at again whose visitor is known now."""
        for one, other in self._moved:
            Visitor.objects.filter(same_as=one).update(same_as=other)
        for person in {other for _, other in self._moved} | self._found - self._new.keys():
            Visitor.objects.filter(same_as=person).update(client=self._client[person])
        bulk.insert(Visitor, [self._row(visitor) for visitor in self._new])
        if self._found:
            theirs = Visitor.objects.filter(same_as__in=self._found).values("visitor")
            waiting = BehaviourEvent.objects.filter(todo=BehaviourEvent.Todo.VISITOR, visitor__in=theirs)
            waiting.update(todo=BehaviourEvent.Todo.FOLLOW)

    def _person(self, visitor: str) -> str:
        if visitor not in self._same_as:
            self._same_as[visitor] = visitor
            self._client[visitor] = None
            self._new[visitor] = None
        return self._same_as[visitor]

    def _row(self, visitor: str) -> Visitor:
        person = self._same_as[visitor]
        return Visitor(visitor=visitor, same_as=person, client_id=self._client[person])


def by_external_id(ids: Iterable[str]) -> dict[str, int]:
    """Client by external_id, where exactly one has it."""
    wanted = {one for one in ids if not one.startswith(ANONYMOUS)}
    rows = Client.objects.filter(external_id__in=wanted, erased_at=None).values_list("external_id", "pk")
    return _only_ones(list(rows))


def by_email(keys: Iterable[str]) -> dict[str, int]:
    """Client by the matching form of an e-mail address, where it is exactly one's."""
    mails = EmailAddress.objects.filter(key__in=set(keys), contact__client__erased_at=None)
    return _only_ones(list(mails.values_list("key", "contact__client_id")))


def _only_ones(rows: Sequence[tuple[str, int]]) -> dict[str, int]:
    survivors = _survivors({client_id for _, client_id in rows})
    found: dict[str, set[int]] = {}
    for key, client_id in rows:
        found.setdefault(key, set()).add(survivors[client_id])
    return {key: clients.pop() for key, clients in found.items() if len(clients) == 1}


def _survivors(client_ids: set[int]) -> Mapping[int, int]:
    """Each client, or whom the record was merged into at last."""
    last = {client_id: client_id for client_id in client_ids}
    while merged := _merged(set(last.values())):
        last = {client_id: merged.get(into, into) for client_id, into in last.items()}
    return last


def _merged(client_ids: set[int]) -> dict[int, int]:
    rows = Client.objects.filter(pk__in=client_ids).values_list("pk", "merged_into_id")
    return {client_id: into for client_id, into in rows if into is not None}
