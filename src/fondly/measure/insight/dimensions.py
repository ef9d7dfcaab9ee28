"""By what every metric can be asked, beside the columns of its own observations."""

from collections.abc import Iterable, Sequence

from fondly.measure.insight.asking import CannotAnswer

_OF_TIME = {
    "week": "strftime(told.at, '%G-W%V')",
    "month": "strftime(told.at, '%Y-%m')",
    "quarter": "strftime(told.at, '%Y-Q') || quarter(told.at)",
    "year": "strftime(told.at, '%Y')",
}
_OF_CLIENT = {
    "persona": "clients.persona",
    "source": "clients.source",
    "language": "clients.language",
    "kind": "clients.kind",
    "owner": "clients.owner",
}
_OF_JOURNEY = {"playbook": "playbooks.name", "version": "playbooks.number"}
_JOINS = (
    (_OF_CLIENT, "LEFT JOIN clients ON clients.id = told.client"),
    (_OF_JOURNEY, "LEFT JOIN journeys ON journeys.id = told.journey"),
    (_OF_JOURNEY, "LEFT JOIN playbooks ON playbooks.id = journeys.version"),
)
SHARED = tuple({**_OF_TIME, **_OF_CLIENT, **_OF_JOURNEY})


def expressions(names: Iterable[str], own: Sequence[str]) -> dict[str, str]:
    """Each name's SQL over `told`. A column of the observations goes before a shared one of the same name."""
    shared = _OF_TIME | _OF_CLIENT | _OF_JOURNEY
    found = {}
    for name in names:
        if name not in own and name not in shared:
            raise CannotAnswer(
                f"It cannot be asked by {name!r}; by one of: {', '.join(dict.fromkeys([*own, *SHARED]))}."
            )
        found[name] = f"told.{name}" if name in own else shared[name]
    return found


def joins(names: Iterable[str], own: Sequence[str]) -> str:
    """The tables these dimensions need."""
    asked = {name for name in names if name not in own}
    return "\n".join(join for of, join in _JOINS if asked & set(of))
