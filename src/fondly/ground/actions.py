"""Actions on the audit trail itself."""

from dataclasses import dataclass

from fondly.ground import clock
from fondly.ground.action import Actor, NotAllowed, NotFound, Outcome, Refused, action, from_json, perform, registry
from fondly.ground.models import AuditEntry


@dataclass(frozen=True, slots=True)
class UndoEntry:
    audit_id: int


@dataclass(frozen=True, slots=True)
class Undone:
    audit_id: int
    summary: str


@action("audit.undo", permission="read", summary="Undo something")
def undo(actor: Actor, given: UndoEntry) -> Outcome[Undone]:
    """Run the inverse that the action left behind, with the actor's own permissions."""
    entry = AuditEntry.objects.select_for_update().filter(pk=given.audit_id).first()
    if entry is None:
        raise NotFound("There is no such entry in Activity.")
    if not entry.undo_action:
        raise Refused("This cannot be undone.")
    if entry.undone_at is not None:
        raise Refused("This was undone already.")
    if registry[entry.undo_action].permission == "read" and entry.actor_id != actor.user_id:
        raise NotAllowed("This was done by somebody for themselves; only they can undo it.")
    inverse = from_json(registry[entry.undo_action].given, entry.undo_input)
    done = perform(entry.undo_action, actor, inverse)
    entry.undone_at = clock.now()
    entry.save(update_fields=["undone_at"])
    return Outcome(Undone(entry.pk, done.summary), f"Undone: {entry.summary}", entry.client_id)
