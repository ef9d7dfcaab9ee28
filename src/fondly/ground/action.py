"""An action is declared once; screens, API, command line and MCP call the same function.

    @action("journeys.pause", permission="run", summary="Pause a journey")
    def pause(actor: Actor, given: PauseJourney) -> Outcome[Paused]: ...

Calling `pause(actor, PauseJourney(...))` checks the permission, opens a transaction, runs the
function, writes the audit entry and returns the result. `perform(...)` does the same and
also tells what to show (summary, audit id, whether it can be undone).

An action over many things says with `steps` how it is cut into slices; its function only tells the end of it:
(actor, given, walked) -> Outcome. `perform` does all slices in one transaction, `errands.ask` one at a time.
"""

import dataclasses
import functools
import hashlib
import json
import typing
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar, cast

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from fondly.core.planner.zones import YEARS
from fondly.ground import clock, nuls
from fondly.ground.locking import past_deadlocks
from fondly.ground.steps import Steps, Walked

Given = TypeVar("Given")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts. permissions: names such as "read", "run", "design", "clients", "admin"; "admin" may do all."""

    name: str
    user_id: int | None = None
    permissions: frozenset[str] = frozenset()

    def may(self, permission: str) -> bool:
        return "admin" in self.permissions or permission in self.permissions


SYSTEM = Actor("Fondly", None, frozenset({"admin"}))


class Refused(Exception):
    """The action cannot be done. The message is shown to people: what, why, what to do. field names the input."""

    def __init__(self, message: str, *, field: str = "", code: str = "refused") -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.code = code


class NotAllowed(Refused):
    def __init__(self, message: str) -> None:
        super().__init__(message, code="not_allowed")


class NotFound(Refused):
    def __init__(self, message: str) -> None:
        super().__init__(message, code="not_found")


class Conflict(Refused):
    """Somebody changed it meanwhile."""

    def __init__(self, message: str) -> None:
        super().__init__(message, code="conflict")


@dataclass(frozen=True, slots=True)
class Undo:
    action: str
    given: Any  # the dataclass input of that action


@dataclass(frozen=True, slots=True)
class Outcome(Generic[Result]):
    """What an action function returns: the result and what the audit trail should say.

    left: what an undo could not take back, as a sentence.
    """

    result: Result
    summary: str
    client_id: int | None = None
    undo: Undo | None = None
    left: str = ""


@dataclass(frozen=True, slots=True)
class Performed(Generic[Result]):
    result: Result
    summary: str
    audit_id: int | None
    undoable: bool


@dataclass(frozen=True, slots=True)
class Declaration:
    name: str
    permission: str
    summary: str
    given: type
    result: type
    run: Callable[..., Any] = field(repr=False)
    steps: Steps | None = None


registry: dict[str, Declaration] = {}


def action(
    name: str, *, permission: str, summary: str, steps: Steps | None = None
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare a write. The function takes (actor, given), with steps also what they made, and returns an Outcome."""

    def declare(function: Callable[..., Any]) -> Callable[..., Any]:
        hints = typing.get_type_hints(function)
        returned = typing.get_args(hints["return"])
        registry[name] = Declaration(
            name, permission, summary, hints["given"], returned[0] if returned else hints["return"], function, steps
        )

        @functools.wraps(function)
        def run(actor: Actor, given: Any) -> Any:
            return perform(name, actor, given).result

        return run

    return declare


def perform(name: str, actor: Actor, given: Any, *, key: str = "") -> Performed[Any]:
    """Do the action. With an idempotency `key`, the same key and input a second time changes nothing.

    Raises NotAllowed, NotFound, Conflict or Refused; then nothing was changed.
    """
    declaration = registry[name]
    refuse_others(declaration, actor)
    refuse_unfit(given)
    return past_deadlocks(lambda: _once(declaration, actor, given, scoped_key(actor, key)))


def _once(declaration: Declaration, actor: Actor, given: Any, scoped: str) -> Performed[Any]:
    try:
        with transaction.atomic():
            known = seen(scoped, declaration, given)
            if known is not None:
                return known
            return note(declaration, actor, given, _run(declaration, actor, given), scoped)
    except IntegrityError:
        known = seen(scoped, declaration, given)  # a twin request won the race for the same key
        if known is None:
            raise
        return known


def refuse_others(declaration: Declaration, actor: Actor) -> None:
    """Raises NotAllowed when this actor may not do it."""
    if not actor.may(declaration.permission):
        raise NotAllowed(
            _("%(who)s may not do this (%(summary)s). An admin can allow it in Team.")
            % {"who": actor.name, "summary": declaration.summary.lower()}
        )


def refuse_unfit(given: Any) -> None:
    """Raises Refused for what no action can use: a NUL, which PostgreSQL cannot keep, or an instant far from now."""
    for one in dataclasses.fields(given):
        value = getattr(given, one.name)
        if nuls.where(value):
            raise Refused(_("The text holds a NUL character; remove it."), field=one.name)
        if isinstance(value, datetime) and value.year not in YEARS:
            words = _("The year must lie between %(first)d and %(last)d.")
            raise Refused(words % {"first": YEARS[0], "last": YEARS[-1]}, field=one.name)


def scoped_key(actor: Actor, key: str) -> str:
    """An idempotency key counts for the one who gave it; "" is none."""
    return f"{actor.user_id or 0}:{key}" if key else ""


def _run(declaration: Declaration, actor: Actor, given: Any) -> Outcome[Any]:
    if declaration.steps is None:
        return cast(Outcome[Any], declaration.run(actor, given))
    declaration.steps.size(actor, given)
    made = [one.made for one in declaration.steps.slices(actor, given, None)]
    return cast(Outcome[Any], declaration.run(actor, given, Walked(made)))


def note(declaration: Declaration, actor: Actor, given: Any, outcome: Outcome[Any], key: str) -> Performed[Any]:
    """Write what was done into the audit trail, and the answer under its idempotency key."""
    from fondly.ground.models import AuditEntry, UsedKey

    entry = AuditEntry.objects.create(
        at=clock.now(),
        action=declaration.name,
        actor_id=actor.user_id,
        actor_name=actor.name,
        client_id=outcome.client_id,
        summary=outcome.summary[:500],
        input=as_json(given),
        undo_action=outcome.undo.action if outcome.undo else "",
        undo_input=as_json(outcome.undo.given) if outcome.undo else {},
    )
    if key:
        UsedKey.objects.create(
            key=key,
            action=declaration.name,
            input_hash=hash_of(given),
            result={"result": as_json(outcome.result), "summary": outcome.summary, "audit_id": entry.pk},
            at=clock.now(),
        )
    return Performed(outcome.result, outcome.summary, entry.pk, outcome.undo is not None)


def seen(key: str, declaration: Declaration, given: Any) -> Performed[Any] | None:
    """The answer that this (scoped) key got before. Raises Conflict when it was for another request."""
    from fondly.ground.models import UsedKey

    used = UsedKey.objects.filter(pk=key).first() if key else None
    if used is None:
        return None
    refuse_other_use(declaration, given, used.action, used.input_hash)
    result = from_json(declaration.result, used.result["result"])
    return Performed(result, used.result["summary"], used.result["audit_id"], False)


def refuse_other_use(declaration: Declaration, given: Any, action: str, input_hash: str) -> None:
    """Raises Conflict when a key was used for another action, or for other input."""
    if action != declaration.name or input_hash != hash_of(given):
        raise Conflict(_("This idempotency key was already used for another request."))


def as_json(value: Any) -> Any:
    """A dataclass as plain JSON values (instants in ISO 8601)."""
    from pydantic import TypeAdapter

    if value is None:
        return {}
    return TypeAdapter(type(value)).dump_python(value, mode="json") if dataclasses.is_dataclass(value) else value


def from_json(kind: Any, data: Any) -> Any:
    """The other way: raises pydantic.ValidationError on data that does not fit."""
    from pydantic import TypeAdapter

    return TypeAdapter(kind).validate_python(data) if dataclasses.is_dataclass(kind) else data


def hash_of(given: Any) -> str:
    """A fingerprint of an action's input."""
    text = json.dumps(as_json(given), sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()
