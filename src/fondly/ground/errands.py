"""Errands: actions over many things, done slice by slice.

Each slice is one transaction that also moves the cursor. So a worker may be killed at any instant: the next one goes
on behind the last slice that was kept, and nothing is done twice. The end writes one audit entry, with one undo.
"""

import logging
import os
import socket
import time
from collections.abc import Callable
from typing import Any

from django.db import DatabaseError, IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from fondly.ground import clock
from fondly.ground.action import (
    Actor,
    Declaration,
    Performed,
    Refused,
    as_json,
    from_json,
    hash_of,
    note,
    perform,
    refuse_other_use,
    refuse_others,
    refuse_unfit,
    registry,
    scoped_key,
    seen,
)
from fondly.ground.leases import database_now, lease_end
from fondly.ground.locking import locked
from fondly.ground.models import AuditEntry, Errand, ErrandSlice
from fondly.ground.steps import Slice, Steps, Walked

log = logging.getLogger("fondly.errands")
AT_ONCE = 300  # things done while the person waits
TURN_SECONDS = 1.0  # of one errand before mail has its turn again
MOST_TRIES = 5
State = Errand.State
Progress = Callable[[int, int], None]  # done, of how many


def ask(name: str, actor: Actor, given: Any, *, key: str = "", page: str = "") -> Performed[Any] | Errand:
    """Do a short act now; leave a long one to the worker and give its errand back.

    page: the path where a person goes on afterwards. key: as in `perform`; asked again, it is the same errand.
    """
    known = _known(name, actor, given, key)
    if known is not None:
        return known
    size = _size(name, actor, given)
    if size <= AT_ONCE:
        return perform(name, actor, given, key=key)
    return _make(name, actor, given, size, key=scoped_key(actor, key), page=page)


def carry_out(name: str, actor: Actor, given: Any, progress: Progress, *, key: str = "") -> Performed[Any]:
    """Do it here, telling how far it is. If this process dies in a long act, a worker goes on with it.

    Raises Refused.
    """
    known = _known(name, actor, given, key)
    if isinstance(known, Errand):
        raise Refused(_("This is being done already, as errand %(n)d.") % {"n": known.pk})
    size = _size(name, actor, given)
    if known is not None or size <= AT_ONCE:
        return known or perform(name, actor, given, key=key)
    worker = f"{socket.gethostname()[:30]}:{os.getpid()}"
    errand = _make(name, actor, given, size, key=scoped_key(actor, key), worker=worker)
    walk = Walk(errand, worker)
    try:
        while walk.go_on():
            progress(walk.done, size)
    except KeyboardInterrupt:
        stop(errand.pk)
        raise
    errand.refresh_from_db()
    if errand.state != State.DONE:
        raise Refused(errand.error or _("It was stopped."))
    return performed(errand)


def performed(errand: Errand) -> Performed[Any]:
    """What a finished errand came to."""
    result = from_json(registry[errand.action].result, errand.result)
    return Performed(result, errand.summary, errand.audit_id, is_undoable(errand))


def is_undoable(errand: Errand) -> bool:
    """Whether its end left an undo that has not been used."""
    entries = AuditEntry.objects.filter(pk=errand.audit_id or 0, undone_at=None)
    return entries.exclude(undo_action="").exists()


def stop(errand_id: int) -> Errand | None:
    """Stop an errand behind its last slice; what was done stays and can be undone. None when there is none."""
    with transaction.atomic():
        errand = locked(Errand.objects.filter(pk=errand_id)).first()
        if errand is not None and errand.is_going_on:
            _end(errand, State.STOPPED, "")
    return errand


class Worker:
    """The errands of one worker process: at most one in hand."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._walk: Walk | None = None

    def turn(self, seconds: float = TURN_SECONDS) -> bool:
        """Go on for about this long with the errand that has waited longest. True when there was one."""
        self._walk = self._walk or _next(self.name)
        if self._walk is None:
            return False
        until = time.monotonic() + seconds
        try:
            going_on = self._walk.go_on()
            while going_on and time.monotonic() < until:
                going_on = self._walk.go_on()
        except DatabaseError:
            self._walk = None  # taken up again from its cursor
            raise
        self._walk = self._walk if going_on else None
        return True


class Walk:
    """An errand in the hands of one worker."""

    def __init__(self, errand: Errand, worker: str) -> None:
        self.errand_id, self.worker, self.done = errand.pk, worker, errand.done
        actor, given = _actor(errand), _given(errand)
        self._slices = _steps(registry[errand.action]).slices(actor, given, errand.cursor)

    def go_on(self) -> bool:
        """One slice, or the end. False when nothing is left to do here. Raises DatabaseError."""
        try:
            with transaction.atomic():
                errand = self._held()
                return errand is not None and self._keep(errand, next(self._slices, None))
        except DatabaseError:
            raise
        except Refused as refusal:
            self._fail(refusal.message)
        except Exception as error:
            log.exception("errand %s cannot go on", self.errand_id)
            self._fail(f"{type(error).__name__}: {error}")
        return False

    def _keep(self, errand: Errand, made: Slice | None) -> bool:
        if made is None:
            _end(errand, State.DONE, "")
            return False
        ErrandSlice.objects.create(errand=errand, made=made.made)
        errand.done, errand.cursor, errand.tries = made.done, made.cursor, 0
        errand.lease_until = lease_end(database_now())
        errand.save(update_fields=["done", "cursor", "tries", "lease_until"])
        self.done = made.done
        return True

    def _fail(self, error: str) -> None:
        with transaction.atomic():
            errand = self._held()
            if errand is not None:
                _end(errand, State.FAILED, error)

    def _held(self) -> Errand | None:
        """The errand, locked; None when it was stopped, or another worker has taken it over."""
        mine = Errand.objects.filter(pk=self.errand_id, state=State.RUNNING, worker=self.worker)
        return locked(mine.defer("input")).first()  # a hundred thousand ids need not be read for every slice


def _known(name: str, actor: Actor, given: Any, key: str) -> Performed[Any] | Errand | None:
    """What the same request with the same key came to, or the errand it has become."""
    declaration = registry[name]
    refuse_others(declaration, actor)
    scoped = scoped_key(actor, key)
    return (seen(scoped, declaration, given) or _same(scoped, declaration, given)) if scoped else None


def _same(key: str, declaration: Declaration, given: Any) -> Errand | None:
    errand = Errand.objects.filter(key=key, state__in=Errand.GOING_ON).first()
    if errand is not None:
        refuse_other_use(declaration, given, errand.action, hash_of(_given(errand)))
    return errand


def _size(name: str, actor: Actor, given: Any) -> int:
    steps = registry[name].steps
    return steps.size(actor, given) if steps is not None else 0


def _make(name: str, actor: Actor, given: Any, size: int, *, key: str = "", page: str = "", worker: str = "") -> Errand:
    """worker: whoever does it itself from the start."""
    refuse_unfit(given)
    try:
        with transaction.atomic():
            return Errand.objects.create(
                action=name,
                input=as_json(given),
                actor_id=actor.user_id,
                actor_name=actor.name,
                permissions=sorted(actor.permissions),
                key=key,
                page=page[:500],
                total=size,
                made_at=clock.now(),
                state=State.RUNNING if worker else State.WAITING,
                worker=worker,
                lease_until=lease_end(database_now()) if worker else None,
            )
    except IntegrityError:
        twin = _same(key, registry[name], given)  # the same request won the race for its key
        if twin is None or worker:
            raise
        return twin


def _next(worker: str) -> "Walk | None":
    """Take the errand that has waited longest, or whose worker is gone."""
    now = database_now()
    free = Q(state=State.WAITING) | Q(state=State.RUNNING, lease_until__lt=now) | Q(state=State.RUNNING, worker=worker)
    rows = Errand.objects.filter(free).order_by("pk")
    if not rows.exists():
        return None
    with transaction.atomic():
        errand = locked(rows, skip=True).first()
        if errand is None:
            return None
        if errand.tries >= MOST_TRIES:
            _end(errand, State.FAILED, _("It was tried %(n)d times without getting further.") % {"n": MOST_TRIES})
            return None
        errand.state, errand.worker, errand.lease_until = State.RUNNING, worker, lease_end(now)
        errand.tries += 1
        errand.save(update_fields=["state", "worker", "lease_until", "tries"])
    return Walk(errand, worker)


def _end(errand: Errand, state: State, error: str) -> None:
    """Write down what it came to. Inside a transaction, the errand locked."""
    walked = Walked(list(errand.slices.order_by("pk").values_list("made", flat=True)), state == State.DONE)
    if walked.whole:
        _tell(errand, walked)
    elif walked.made:
        _tell_part(errand, walked)
    errand.state, errand.error, errand.ended_at = state, error[:500], clock.now()
    errand.input, errand.cursor, errand.worker, errand.lease_until = {}, None, "", None
    errand.save()
    errand.slices.all().delete()


def _tell(errand: Errand, walked: Walked) -> None:
    declaration, actor, given = registry[errand.action], _actor(errand), _given(errand)
    outcome = declaration.run(actor, given, walked)
    noted = note(declaration, actor, given, outcome, errand.key if walked.whole else "")
    errand.summary, errand.audit_id, errand.result = outcome.summary[:500], noted.audit_id, as_json(outcome.result)


def _tell_part(errand: Errand, walked: Walked) -> None:
    """What cannot be told must not keep an errand from ending."""
    try:
        with transaction.atomic():
            _tell(errand, walked)
    except Exception:
        log.exception("what errand %s did till it ended cannot be told", errand.pk)


def _actor(errand: Errand) -> Actor:
    return Actor(errand.actor_name, errand.actor_id, frozenset(errand.permissions))


def _given(errand: Errand) -> Any:
    return from_json(registry[errand.action].given, errand.input)


def _steps(declaration: Declaration) -> Steps:
    if declaration.steps is None:
        raise TypeError(f"{declaration.name} has no steps")
    return declaration.steps
