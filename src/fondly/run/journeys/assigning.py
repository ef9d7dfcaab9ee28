"""Who a by-hand moment falls to."""

from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from zlib import crc32

from fondly.people.team.access import people_of, stand_ins
from fondly.run.journeys.rows import ClientRow


class Assigner:
    """For one turn of the engine: reads each role's people once."""

    def __init__(self, on: date) -> None:
        self._on = on
        self._people = lru_cache(maxsize=None)(self._look_up)
        self._away = lru_cache(maxsize=None)(lambda: {pk: user.pk for pk, user in stand_ins(on).items()})

    def assignee(self, role: str, client: ClientRow) -> int | None:
        """The client's owner (or who covers) if the role is theirs, else always the same one of the role's people."""
        people = self._people(role)
        owner = client.owner_id
        if owner is not None:
            owner = self._away().get(owner, owner)
        if not people or (owner is not None and owner in people):
            return owner
        return people[crc32(str(client.pk).encode()) % len(people)]

    def _look_up(self, role: str) -> tuple[int, ...]:
        return tuple(sorted(_ids(people_of(role, self._on)))) if role else ()


def _ids(users: Iterable[object]) -> Iterable[int]:
    return (user.pk for user in users)  # type: ignore[attr-defined]
