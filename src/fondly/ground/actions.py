"""Actions on the audit trail itself, and on errands."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from fondly.ground import clock, errands
from fondly.ground.action import (
    Actor,
    Declaration,
    NotAllowed,
    NotFound,
    Outcome,
    Refused,
    action,
    from_json,
    perform,
    refuse_others,
    registry,
)
from fondly.ground.locking import locked
from fondly.ground.models import AuditEntry, Errand
from fondly.ground.steps import Slice, Steps, Walked


@dataclass(frozen=True, slots=True)
class UndoEntry:
    audit_id: int


@dataclass(frozen=True, slots=True)
class Undone:
    audit_id: int
    summary: str


@dataclass(frozen=True, slots=True)
class StopErrand:
    errand_id: int


@dataclass(frozen=True, slots=True)
class ErrandState:
    """done, total: of the things it is about."""

    errand_id: int
    state: str
    done: int
    total: int


def _undo_size(actor: Actor, given: UndoEntry) -> int:
    entry = _entry(actor, given, AuditEntry.objects.all())
    inverse = registry[entry.undo_action]
    return inverse.steps.size(actor, _inverse_input(entry)) if inverse.steps is not None else 1


def _undo_slices(actor: Actor, given: UndoEntry, cursor: Any) -> Iterator[Slice]:
    """Those of the inverse; one that has no steps is done at the end."""
    entry = _entry(actor, given, AuditEntry.objects.all())
    inverse = registry[entry.undo_action]
    if inverse.steps is not None:
        yield from inverse.steps.slices(actor, _inverse_input(entry), cursor)


@action("audit.undo", permission="read", summary="Undo something", steps=Steps(_undo_size, _undo_slices))
def undo(actor: Actor, given: UndoEntry, walked: Walked) -> Outcome[Undone]:
    """Run the inverse that the action left behind, with the actor's own permissions."""
    entry = _entry(actor, given, locked(AuditEntry.objects.all()))
    summary, left = _carry_out(registry[entry.undo_action], actor, entry, walked)
    if walked.whole:
        entry.undone_at = clock.now()
        entry.save(update_fields=["undone_at"])
    told = _("Undone: %(summary)s. %(left)s") if left else _("Undone: %(summary)s")
    words = told % {"summary": entry.summary, "left": left}
    return Outcome(Undone(entry.pk, summary), words, entry.client_id)


@action("errands.stop", permission="read", summary="Stop something that is still going on")
def stop(actor: Actor, given: StopErrand) -> Outcome[ErrandState]:
    """What was done till now stays, and can be undone in Activity."""
    errand = Errand.objects.filter(pk=given.errand_id).first()
    if errand is None:
        raise NotFound(_("There is no such errand."))
    if errand.actor_id != actor.user_id:
        refuse_others(registry[errand.action], actor)
    if not errand.is_going_on:
        raise Refused(_("It has ended already."))
    stopped = errands.stop(errand.pk) or errand
    summary = _("Stopped: %(what)s, %(done)d of %(total)d done") % {
        "what": registry[stopped.action].summary,
        "done": stopped.done,
        "total": stopped.total,
    }
    return Outcome(ErrandState(stopped.pk, stopped.state, stopped.done, stopped.total), summary)


def _entry(actor: Actor, given: UndoEntry, rows: QuerySet[AuditEntry]) -> AuditEntry:
    """The entry. Raises NotFound, Refused or NotAllowed when it cannot be undone by this actor."""
    entry = rows.filter(pk=given.audit_id).first()
    if entry is None:
        raise NotFound(_("There is no such entry in Activity."))
    if not entry.undo_action:
        raise Refused(_("This cannot be undone."))
    if entry.undone_at is not None:
        raise Refused(_("This was undone already."))
    refuse_others(registry[entry.undo_action], actor)
    if registry[entry.undo_action].permission == "read" and entry.actor_id != actor.user_id:
        raise NotAllowed(_("This was done by somebody for themselves; only they can undo it."))
    return entry


def _inverse_input(entry: AuditEntry) -> Any:
    return from_json(registry[entry.undo_action].given, entry.undo_input)


def _carry_out(inverse: Declaration, actor: Actor, entry: AuditEntry, walked: Walked) -> tuple[str, str]:
    """Do the inverse, or tell the end of what its slices did; what it says of it, and of what it had to leave."""
    given = _inverse_input(entry)
    if inverse.steps is None:
        return perform(inverse.name, actor, given).summary, ""
    outcome = inverse.run(actor, given, walked)
    return outcome.summary, outcome.left
