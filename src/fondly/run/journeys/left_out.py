"""Who does not get a touchpoint that a person starts for many, and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from fondly.core.planner.assigning import held_out
from fondly.core.planner.calendars import first_open
from fondly.core.planner.compiled import ready
from fondly.core.planner.zones import zone_of
from fondly.core.playbook.model import Playbook as Book
from fondly.core.playbook.model import Touchpoint
from fondly.core.playbook.purposes import purpose_of
from fondly.core.words import words_of
from fondly.people.clients import consents
from fondly.people.clients.models import Address, Phone
from fondly.run.journeys.context import Sources
from fondly.run.journeys.histories import subjects
from fondly.run.journeys.models import Journey, Moment
from fondly.run.journeys.today_words import POSTED, TALKED

State = Moment.State
KEY = "extra:"  # begins the keys of these moments
_COMING = frozenset({State.PLANNED.value, State.DUE.value, State.WORKING.value, State.UNCERTAIN.value})


@dataclass(frozen=True, slots=True)
class Chosen:
    """A touchpoint of a playbook. again: also for those who have had it. key: the same one gives it only once."""

    playbook_id: int
    touchpoint: Touchpoint
    again: bool
    key: str

    @property
    def moment_key(self) -> str:
        """Unlike any key of a plan, which begins with a number."""
        return f"{KEY}{self.touchpoint.stage}/{self.touchpoint.name}/{self.key}"


class Reasons:
    """Why a client does not get a touchpoint; what all of them share is read once."""

    def __init__(self, chosen: Chosen, journeys: Sequence[Journey], books: dict[int, Book]) -> None:
        self._chosen, self._books = chosen, books
        running = [journey for journey in journeys if journey.state == Journey.State.ACTIVE]
        clients = {journey.client_id for journey in running}
        self._moments = _moments(chosen, {journey.pk for journey in running})
        self._ledger = consents.newest(clients)
        self._subjects = subjects(running, books)
        self._reachable, self._unreachable = _reachable(chosen.touchpoint.channel, clients)
        self._opens: dict[tuple[int, str], datetime | None] = {}

    def why_not(self, journey: Journey | None) -> str:
        """ "" when they get it."""
        if journey is None:
            return _("not on a journey of this playbook")
        if journey.state != Journey.State.ACTIVE:
            paused = journey.state == Journey.State.PAUSED
            return _("their journey is paused") if paused else _("their journey has ended")
        return self._not_for(journey) or self._had(journey) or self._out_of_reach(journey.client_id)

    def opens_at(self, journey: Journey, now: datetime) -> datetime | None:
        """The first instant at which quiet hours and days off let it happen."""
        book = ready(self._books[journey.version_id])
        zone = zone_of(journey.client.zone, book.playbook.timezone)
        mark = (journey.version_id, zone.key)
        if mark not in self._opens:
            opened = first_open(now, book.gates(book.by_name[self._chosen.touchpoint.name], zone))
            self._opens[mark] = opened[0] if opened is not None else None
        return self._opens[mark]

    def _not_for(self, journey: Journey) -> str:
        book, name = self._books[journey.version_id], self._chosen.touchpoint.name
        touchpoint = book.touchpoint(name)
        if touchpoint is None:
            return _("their version of the playbook does not have it")
        if touchpoint.personas and journey.client.persona not in touchpoint.personas:
            return _("it is for another persona")
        if held_out(book.holdouts.get(name), name, self._subjects.get(journey.client_id, "")):
            return _("an experiment holds them out of it")
        purpose = purpose_of(book, touchpoint)
        if consents.verdict(self._ledger.get(journey.client_id, {}), touchpoint.channel, purpose) is not True:
            words = {"channel": words_of(touchpoint.channel), "purpose": words_of(purpose)}
            return _("no consent to %(channel)s for %(purpose)s") % words
        return ""

    def _had(self, journey: Journey) -> str:
        states = self._moments.get(journey.pk, set())
        if "" in states:
            return _("this start has reached them already")
        if states & _COMING:
            return _("is getting it already")
        return _("has had it already") if State.DONE in states and not self._chosen.again else ""

    def _out_of_reach(self, client_id: int) -> str:
        return "" if self._reachable is None or client_id in self._reachable else self._unreachable


def _moments(chosen: Chosen, journey_ids: set[int]) -> dict[int, set[str]]:
    """journey id -> the states of its moments of this touchpoint; "" when this very start has given one already."""
    found: dict[int, set[str]] = {}
    rows = Moment.objects.filter(journey__among=journey_ids, touchpoint=chosen.touchpoint.name)
    for journey_id, state, key in rows.values_list("journey_id", "state", "key"):
        found.setdefault(journey_id, set()).add("" if key == chosen.moment_key else state)
    return found


def _reachable(channel: str, clients: set[int]) -> tuple[set[int] | None, str]:
    """Who can be reached by this channel (None: everybody), and what is missing where somebody cannot."""
    if channel == "email":
        known = Sources(clients, ()).recipients
        stopped = consents.is_suppressed([address for _name, address in known.values()])
        return {pk for pk, (_name, address) in known.items() if address not in stopped}, _(
            "no e-mail address to write to"
        )
    if channel in POSTED:
        return _ids(Address.objects.filter(client__among=clients), "client_id"), _("no postal address is known")
    if channel in TALKED - {"video"}:
        numbers = Phone.objects.filter(contact__client__among=clients)
        return _ids(numbers, "contact__client_id"), _("no phone number is known")
    return None, ""


def _ids(rows: QuerySet[Any], column: str) -> set[int]:
    return set(rows.values_list(column, flat=True))
