"""The placeholders a template of a playbook can use."""

from fondly.core.playbook import building
from fondly.core.playbook.model import Playbook
from fondly.core.playbook.near import near
from fondly.core.playbook.templates import Placeholder

CLIENT = frozenset(
    {
        "first_name",
        "last_name",
        "name",
        "preferred_name",
        "title",
        "email",
        "phone",
        "street",
        "city",
        "postcode",
        "state",
        "country",
        "company",
        "organisation",
        "household",
        "persona",
        "since",
        "language",
        "timezone",
        "source",
        "matters_daily",
        "link_to_mission",
    }
)
# What the rooms of Fondly fill: who writes, links, the matter at hand.
ROOTS = frozenset(
    {
        "client",
        "me",
        "us",
        "business",
        "facts",
        "booking",
        "form",
        "payment",
        "portal",
        "link",
        "referral",
        "invoice",
        "document",
        "survey",
        "unsubscribe",
        "matter",
        "owner",
        "stage",
        "promise",
        "offer",
        "order",
        "property",
        "project",
        "appointment",
        "week",
        "month",
        "year",
        "today",
        "moment",
        "touchpoint",
        "session",
        "brand",
        "review",
    }
)


def is_known(playbook: Playbook, placeholder: Placeholder, fills: tuple[str, ...]) -> bool:
    """The placeholder is filled by the client record, the facts, a room, a field, an event, or a person."""
    root, _, rest = placeholder.name.partition(".")
    if placeholder.name in fills or root in fills:
        return True
    if root == "facts":
        return rest in playbook.brand.facts
    if root == "client":
        return _of_client(playbook, rest, placeholder)
    return root in ROOTS or root in _roots(playbook)


def _of_client(playbook: Playbook, name: str, placeholder: Placeholder) -> bool:
    first = name.partition(".")[0]
    if first in CLIENT or first in playbook.fields or first in playbook.values:
        return True
    known = CLIENT | set(playbook.fields) | set(playbook.values)
    return (placeholder.fallback or placeholder.asked) and not near(first, known)


def _roots(playbook: Playbook) -> set[str]:
    """Names of the playbook itself; of an event `showing_done` also its first word."""
    events = {t.when.anchor.name for t in playbook.touchpoints() if t.when and t.when.anchor.kind == "event"}
    events |= set(building.names(playbook).events)
    names = events | {event.partition("_")[0] for event in events}
    return names | set(playbook.fields) | set(playbook.surveys) | {t.name for t in playbook.touchpoints()}


def nearest(playbook: Playbook, name: str) -> str:
    """The known placeholder that `name` is probably a slip of, "" if none."""
    root, dot, rest = name.partition(".")
    if root == "facts":
        slip = near(rest, playbook.brand.facts)
        return f"facts.{slip}" if slip else ""
    if root == "client":
        slip = near(rest, CLIENT | set(playbook.fields) | set(playbook.values))
        return f"client.{slip}" if slip else ""
    slip = near(root, ROOTS | _roots(playbook))
    return f"{slip}{dot}{rest}" if slip else ""
