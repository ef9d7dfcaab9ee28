"""Where the floors above plug in. Clients know nothing of journeys, messages or playbooks; those register here.

Every function is called inside the transaction of the write, so that it happens with it or not at all.
"""

from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar

F = TypeVar("F", bound=Callable[..., Any])


class Hook(Generic[F]):
    """A list of functions to call in the order they were registered; registering twice counts once."""

    def __init__(self, meaning: str) -> None:
        self.meaning = meaning
        self._functions: list[F] = []

    def register(self, function: F) -> F:
        if function not in self._functions:
            self._functions.append(function)
        return function

    def remove(self, function: F) -> None:
        """Take a function out again (tests)."""
        self._functions.remove(function)

    def __iter__(self) -> Iterator[F]:
        return iter(tuple(self._functions))

    def __call__(self, *values: Any) -> list[Any]:
        return [function(*values) for function in self]


# fn(facts: Sequence[NewFact]) -> None: facts were added to timelines; journeys of these clients may need a new plan.
on_facts: Hook[Callable[..., None]] = Hook("facts recorded")
# fn(client_ids: Sequence[int]) -> None: fields, zone, persona or consent changed; plans and waiting mail may change.
on_change: Hook[Callable[..., None]] = Hook("clients changed")
# fn(survivor_id: int, absorbed_id: int) -> dict (JSON): unite what you hold; the dict comes back at un-merge.
on_merge: Hook[Callable[..., dict[str, Any]]] = Hook("two clients became one")
# fn(survivor_id: int, absorbed_id: int, memo: dict) -> None: memo is what your on_merge function of the same name gave.
on_unmerge: Hook[Callable[..., None]] = Hook("a merge was undone")
# fn(client_id: int) -> None: scrub every text of this client you hold.
on_erase: Hook[Callable[..., None]] = Hook("a client is erased")
# fn(client_id: int) -> dict (JSON): what you hold of this client, under one key, for the client's own export.
on_export: Hook[Callable[..., dict[str, Any]]] = Hook("a client is exported")
# fn() -> int: remove what is marked as demo; how many records went.
on_remove_demo: Hook[Callable[..., int]] = Hook("the examples are removed")
# fn() -> str: the business's IANA zone when FONDLY_TIMEZONE is empty (the live playbook's), or "".
business_zone: Hook[Callable[..., str]] = Hook("the business's zone")
