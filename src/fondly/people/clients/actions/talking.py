"""What a person writes on the timeline: a note, a call, a meeting; how it felt and whether it was solved."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from fondly.ground import clock
from fondly.ground.action import Actor, NotFound, Outcome, Refused, Undo, action
from fondly.people.clients import finding, hooks, identity, timeline
from fondly.people.clients.models import Interaction

_BY_PERSON = "person"  # the source of what people typed; only that can be retracted
_TEXT_LIMIT = 50_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """feeling -2..+2, solved yes/partly/no, judged_by client/person/guess. at: when it happened, default now."""

    feeling: int | None = None
    solved: str = ""
    judged_by: str = ""
    at: datetime | None = None
    journey_id: int | None = None
    stage: str = ""


@dataclass(frozen=True, slots=True)
class LogNote(Talk):
    client_id: int
    text: str


@dataclass(frozen=True, slots=True)
class LogCall(Talk):
    """reached False: nobody answered; then it is no contact. minutes: how long it took."""

    client_id: int
    text: str = ""
    reached: bool = True
    minutes: int | None = None


@dataclass(frozen=True, slots=True)
class LogMeeting(Talk):
    client_id: int
    text: str = ""
    place: str = ""
    minutes: int | None = None


@dataclass(frozen=True, slots=True)
class Retract:
    key: str


@dataclass(frozen=True, slots=True)
class Logged:
    client_id: int
    key: str  # what clients.retract needs


@action("clients.note", permission="clients", summary="Write a note about a client")
def note(actor: Actor, given: LogNote) -> Outcome[Logged]:
    """A note is no contact: it does not count for keeping in touch."""
    if not given.text.strip():
        raise Refused(_("The note is empty."), field="text")
    return _log(actor, given, "note", _("Noted something about %(name)s"))


@action("clients.call", permission="clients", summary="Log a call with a client")
def call(actor: Actor, given: LogCall) -> Outcome[Logged]:
    """A call that reached the client is a real contact."""
    data = {"reached": given.reached, **_minutes(given.minutes)}
    summary = _("Called %(name)s") if given.reached else _("Called %(name)s, nobody answered")
    return _log(actor, given, "call", summary, channel="phone", is_contact=given.reached, data=data)


@action("clients.meeting", permission="clients", summary="Log a meeting with a client")
def meeting(actor: Actor, given: LogMeeting) -> Outcome[Logged]:
    """A meeting is a real contact."""
    place = finding.text(given.place, 200, _("The place"), field="place")
    data = {**({"place": place} if place else {}), **_minutes(given.minutes)}
    return _log(actor, given, "meeting", _("Met %(name)s"), channel="visit", is_contact=True, data=data)


@action("clients.retract", permission="clients", summary="Take back a note, call or meeting")
def retract(actor: Actor, given: Retract) -> Outcome[Logged]:
    """Take out what a person typed by mistake; what it said stays in the audit trail."""
    fact = Interaction.objects.filter(source=_BY_PERSON, external_id=given.key).first()
    if fact is None or not given.key:
        raise NotFound(_("This entry is no longer on the timeline."))
    client = finding.client(fact.client_id)
    fact.delete()
    if fact.feeling is not None:
        timeline.refresh_feelings([client.pk])
    if fact.is_contact:
        timeline.refresh_contact(client.pk)
    hooks.on_change([client.pk])
    return Outcome(
        Logged(client.pk, given.key), _("Took back an entry about %(name)s") % {"name": client.name}, client.pk
    )


def _log(actor: Actor, given: LogNote | LogCall | LogMeeting, kind: str, summary: str, **more: Any) -> Outcome[Logged]:
    client = finding.client(given.client_id)
    _refuse_impossible(given)
    key = uuid.uuid4().hex
    timeline.record(
        timeline.NewFact(
            client.pk,
            kind,
            given.at or clock.now(),
            journey_id=given.journey_id,
            stage=finding.text(given.stage, 60, _("The stage"), field="stage"),
            text=finding.usable(identity.paragraphs, given.text, _TEXT_LIMIT, _("The text"), field="text"),
            feeling=given.feeling,
            solved=given.solved,
            judged_by=given.judged_by or _default_judge(given),
            resource=actor.name,
            by_id=actor.user_id,
            source=_BY_PERSON,
            external_id=key,
            **more,
        )
    )
    return Outcome(
        Logged(client.pk, key), summary % {"name": client.name}, client.pk, Undo("clients.retract", Retract(key))
    )


def _refuse_impossible(given: Talk) -> None:
    if given.feeling is not None and not -2 <= given.feeling <= 2:
        raise Refused(_("A feeling is a number from −2 to +2."), field="feeling")
    if given.solved not in timeline.SOLVED:
        raise Refused(_("Solved is yes, partly or no."), field="solved")
    if given.judged_by not in timeline.JUDGES:
        raise Refused(_("Judged by is client, person or guess."), field="judged_by")
    if given.at is not None and given.at.tzinfo is None:
        raise Refused(_("The time needs a time zone."), field="at")
    if given.at is not None and given.at > clock.now():
        raise Refused(_("This lies in the future. The timeline holds what has happened."), field="at")


def _default_judge(given: Talk) -> str:
    return "person" if given.feeling is not None or given.solved else ""


def _minutes(minutes: int | None) -> dict[str, int]:
    if minutes is None:
        return {}
    if not 0 <= minutes <= 24 * 60:
        raise Refused(_("A talk lasts between 0 and 1,440 minutes."), field="minutes")
    return {"minutes": minutes}
