"""The clients behind a number of the map: fifty at a time, by key."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, F, IntegerField, OuterRef, QuerySet, Value
from django.utils.translation import gettext as _

from fondly.people.clients.models import Interaction
from fondly.run.journeys.map_counts import LIVING, ON_TIME_DAYS, DaysBetween, silent_journeys
from fondly.run.journeys.models import Journey, Moment, Stay

PAGE = 50


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address says. name: a touchpoint, an event, a reason, or a number of days."""

    playbook_id: int
    what: str
    stage: str = ""
    name: str = ""
    persona: str = ""
    since: datetime | None = None
    before: int | None = None


@dataclass(frozen=True, slots=True)
class Person:
    id: int
    client_id: int
    client: str
    at: datetime | None
    words: str
    feeling: int | None = None


@dataclass(frozen=True, slots=True)
class Page:
    title: str
    people: list[Person]
    before: int | None


def page(asked: Asked, now: datetime) -> Page | None:
    """Newest first; None for a word that is not known."""
    kind = _KINDS.get(asked.what)
    if kind is None:
        return None
    title, rows, at, words, via = kind(asked, now)
    if asked.before is not None:
        rows = rows.filter(pk__lt=asked.before)
    felt = F("feeling") if rows.model is Interaction else Value(None, output_field=IntegerField())
    columns = {
        "c": F(f"{via}client__id"),
        "name_": F(f"{via}client__name"),
        "at_": F(at),
        "words_": F(words),
        "felt_": felt,
    }
    found = list(rows.order_by("-pk").annotate(**columns).values_list("pk", *columns)[: PAGE + 1])
    people = [Person(*row) for row in found[:PAGE]]
    return Page(title, people, people[-1].id if len(found) > PAGE else None)


Found = tuple[str, Any, str, str, str]  # title, rows, the column of the instant, of the words, the way to the client


def _journeys(asked: Asked) -> "QuerySet[Journey]":
    found = Journey.objects.filter(playbook=asked.playbook_id)
    return found.filter(client__persona=asked.persona) if asked.persona else found


def _since(rows: Any, column: str, asked: Asked) -> Any:
    return rows.filter(**{f"{column}__gte": asked.since}) if asked.since else rows


def _now(asked: Asked, now: datetime) -> Found:
    rows = _journeys(asked).filter(state__in=LIVING, stage=asked.stage)
    return _("Clients in this stage now"), rows, "stage_entered_at", "paused_why", ""


def _left(asked: Asked, now: datetime) -> Found:
    rows = _since(_journeys(asked).filter(state=Journey.State.EXITED), "ended_at", asked)
    if asked.stage:
        rows = rows.filter(exit_stage=asked.stage)
    if asked.name:
        rows = rows.filter(exit_reason=asked.name)
    return _("Clients who left"), rows, "ended_at", "exit_reason", ""


def _silent(asked: Asked, now: datetime) -> Found:
    days = float(asked.name) if asked.name.replace(".", "", 1).isdigit() else 0.0
    rows = silent_journeys(_journeys(asked), asked.stage, days, now)
    return _("Clients nobody has talked with for long"), rows, "client__last_contact_at", "stage", ""


def _untouched(asked: Asked, now: datetime) -> Found:
    rows = _stays(asked)
    return _("Journeys that were in this stage"), rows, "entered_at", "why", "journey__"


def _stays(asked: Asked) -> "QuerySet[Stay]":
    rows = Stay.objects.filter(journey__in=_journeys(asked), stage=asked.stage)
    if not asked.since:
        return rows
    return rows.exclude(left_at__lt=asked.since)


def _undone(asked: Asked, now: datetime) -> Found:
    had = Interaction.objects.filter(
        journey_id=OuterRef("journey_id"), kind__in=("done", "sent"), name=asked.name, stage=asked.stage
    )
    return _("Journeys that did not get it"), _stays(asked).filter(~Exists(had)), "entered_at", "why", "journey__"


def _moments(asked: Asked) -> "QuerySet[Moment]":
    rows = Moment.objects.filter(journey__in=_journeys(asked), stage=asked.stage, touchpoint=asked.name)
    return _since(rows, "at", asked)  # type: ignore[no-any-return]


def _skipped(asked: Asked, now: datetime) -> Found:
    rows = _moments(asked).filter(state__in=(Moment.State.SKIPPED, Moment.State.FAILED))
    return _("It did not happen for these"), rows, "at", "reason", ""


def _late(asked: Asked, now: datetime) -> Found:
    rows = _moments(asked).filter(state=Moment.State.DONE)
    rows = rows.annotate(lag=DaysBetween("ended_at", "wanted_at")).filter(lag__gt=ON_TIME_DAYS)
    return _("It came late for these"), rows, "ended_at", "why", ""


def _done(asked: Asked, now: datetime) -> Found:
    rows = _facts(asked).filter(kind__in=("done", "sent"), name=asked.name)
    return _("It was done for these"), rows, "at", "text", ""


def _event(asked: Asked, now: datetime) -> Found:
    return _("It happened for these"), _facts(asked).filter(kind="event", name=asked.name), "at", "text", ""


def _promises(asked: Asked, now: datetime) -> Found:
    rows = _facts(asked).filter(kind="promise", name__in=("broken", "late", "missed"))
    return _("Promises that were not kept"), rows, "at", "text", ""


def _felt(asked: Asked, now: datetime) -> Found:
    rows = _facts(asked).filter(feeling__isnull=False)
    return _("What clients felt here"), rows, "at", "text", ""


def _facts(asked: Asked) -> "QuerySet[Interaction]":
    rows = Interaction.objects.filter(journey_id__in=_journeys(asked).values("pk"))
    if asked.stage:
        rows = rows.filter(stage=asked.stage)
    return _since(rows, "at", asked)  # type: ignore[no-any-return]


_KINDS: dict[str, Callable[[Asked, datetime], Found]] = {
    "now": _now, "left": _left, "silent": _silent, "untouched": _untouched, "undone": _undone, "skipped": _skipped,
    "late": _late, "done": _done, "event": _event, "promises": _promises, "felt": _felt,
}  # fmt: skip
