"""Promises people make, keep, change and break."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from fondly.ground import clock
from fondly.ground.action import Actor, Conflict, NotFound, Outcome, Refused, Undo, action
from fondly.listen.promises.made import end, fact_of
from fondly.listen.promises.models import Promise
from fondly.people.clients.models import Client, Interaction
from fondly.people.clients.timeline import record
from fondly.run.journeys.models import Journey

State = Promise.State


@dataclass(frozen=True, slots=True)
class MakePromise:
    client_id: int
    what: str
    due_at: datetime
    journey_id: int | None = None


@dataclass(frozen=True, slots=True)
class EndPromise:
    promise_id: int
    revision: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class ChangePromise:
    """The client knows of the change. what: empty keeps the words."""

    promise_id: int
    revision: int
    due_at: datetime
    what: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class ReopenPromise:
    promise_id: int


@dataclass(frozen=True, slots=True)
class TakeBackPromise:
    promise_id: int


@dataclass(frozen=True, slots=True)
class PromiseTakenBack:
    promise_id: int


@dataclass(frozen=True, slots=True)
class PromiseState:
    promise_id: int
    state: str
    revision: int
    due_at: datetime | None = None


@action("promises.make", permission="run", summary="Make a promise")
def make(actor: Actor, given: MakePromise) -> Outcome[PromiseState]:
    what = given.what.strip()
    if not what:
        raise Refused(_("Say what was promised, for example: the first draft."), field="what")
    if not Client.objects.filter(pk=given.client_id).exists():
        raise NotFound(_("There is no such client."))
    if given.due_at <= clock.now():
        raise Refused(_("A promise needs a date that is still to come."), field="due_at")
    journey = _journey(given)
    promise = Promise.objects.create(
        client_id=given.client_id,
        journey=journey,
        what=what[:300],
        due_at=given.due_at,
        stage=journey.stage if journey else "",
        said_by=actor.name,
        made_at=clock.now(),
    )
    record(fact_of(promise, clock.now(), actor.user_id))
    undo = Undo("promises.take_back", TakeBackPromise(promise.pk))
    return Outcome(_state(promise), _("Promised: %(what)s") % {"what": what}, given.client_id, undo)


@action("promises.take_back", permission="run", summary="Take back a promise that was not meant")
def take_back(actor: Actor, given: TakeBackPromise) -> Outcome[PromiseTakenBack]:
    """It is gone, also from the timeline. One that was kept, broken or changed since stays."""
    promise = Promise.objects.select_for_update().filter(pk=given.promise_id).first()
    if promise is None:
        raise NotFound(_("There is no such promise."))
    if promise.state != State.OPEN or promise.touchpoint:
        raise Refused(_("Only a promise that a person made, and that is still open, can be taken back."))
    Interaction.objects.filter(client=promise.client_id, kind="promise", data__promise_id=promise.pk).delete()
    promise.delete()
    summary = _("Taken back: %(what)s") % {"what": promise.what}
    return Outcome(PromiseTakenBack(given.promise_id), summary, promise.client_id)


@action("promises.keep", permission="run", summary="Mark a promise as kept")
def keep(actor: Actor, given: EndPromise) -> Outcome[PromiseState]:
    return _end(actor, given, State.KEPT, _("Kept: %(what)s"))


@action("promises.break", permission="run", summary="Mark a promise as broken")
def break_(actor: Actor, given: EndPromise) -> Outcome[PromiseState]:
    return _end(actor, given, State.BROKEN, _("Broken: %(what)s"))


@action("promises.change", permission="run", summary="Change a promise the client knows of")
def change(actor: Actor, given: ChangePromise) -> Outcome[PromiseState]:
    """The old one stays in the history as changed; a new one takes its place."""
    old = _open(given.promise_id, given.revision)
    if given.due_at <= clock.now():
        raise Refused(_("The new date must be still to come."), field="due_at")
    end(old, State.CHANGED, clock.now(), given.why, actor.user_id)
    new = Promise.objects.create(
        client_id=old.client_id,
        journey_id=old.journey_id,
        what=(given.what.strip() or old.what)[:300],
        due_at=given.due_at,
        stage=old.stage,
        touchpoint=old.touchpoint,
        said_by=actor.name,
        made_at=clock.now(),
        replaces=old,
    )
    return Outcome(
        _state(new),
        _("Changed: %(what)s") % {"what": old.what},
        old.client_id,
        Undo("promises.reopen", ReopenPromise(old.pk)),
    )


@action("promises.reopen", permission="run", summary="Take back how a promise ended")
def reopen(actor: Actor, given: ReopenPromise) -> Outcome[PromiseState]:
    promise = Promise.objects.select_for_update().filter(pk=given.promise_id).first()
    if promise is None:
        raise NotFound(_("There is no such promise."))
    if promise.state == State.OPEN:
        raise Refused(_("This promise is open."))
    Promise.objects.filter(replaces=promise, state=State.OPEN).delete()
    promise.state, promise.ended_at, promise.note = State.OPEN, None, ""
    promise.revision += 1
    promise.save(update_fields=["state", "ended_at", "note", "revision"])
    record(fact_of(promise, clock.now(), actor.user_id))
    return Outcome(_state(promise), _("Open again: %(what)s") % {"what": promise.what}, promise.client_id)


def _journey(given: MakePromise) -> Journey | None:
    ours = Journey.objects.filter(client_id=given.client_id)
    if given.journey_id is None:
        return ours.filter(state=Journey.State.ACTIVE).order_by("-started_at").first()
    journey = ours.filter(pk=given.journey_id).first()
    if journey is None:
        raise NotFound(_("This client has no such journey."))
    return journey


def _open(promise_id: int, revision: int) -> Promise:
    promise = Promise.objects.select_for_update().filter(pk=promise_id).first()
    if promise is None:
        raise NotFound(_("There is no such promise."))
    if promise.revision != revision:
        raise Conflict(_("Somebody changed this promise meanwhile; it is %(state)s.") % {"state": _in_words(promise)})
    if promise.state != State.OPEN:
        raise Refused(_("This promise is %(state)s already.") % {"state": _in_words(promise)})
    return promise


def _in_words(promise: Promise) -> str:
    said = {State.OPEN: _("open"), State.KEPT: _("kept"), State.CHANGED: _("changed"), State.BROKEN: _("broken")}
    return said[State(promise.state)]


def _end(actor: Actor, given: EndPromise, state: State, words: str) -> Outcome[PromiseState]:
    promise = _open(given.promise_id, given.revision)
    end(promise, state, clock.now(), given.note, actor.user_id)
    undo = Undo("promises.reopen", ReopenPromise(promise.pk))
    return Outcome(_state(promise), words % {"what": promise.what}, promise.client_id, undo)


def _state(promise: Promise) -> PromiseState:
    return PromiseState(promise.pk, str(promise.state), promise.revision, promise.due_at)
