"""An action is declared once; screens, API, command line and MCP call the same function.

    @action("journeys.pause", permission="run", summary="Pause a journey")
    def pause(actor: Actor, given: PauseJourney) -> Outcome[Paused]: ...

Calling `pause(actor, PauseJourney(...))` checks the permission, opens a transaction, runs the
function, writes the audit entry and returns the result. `perform(...)` does the same and
also tells what to show (summary, audit id, whether it can be undone).
"""

import dataclasses
import functools
import hashlib
import json
import typing
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar, cast

from django.db import IntegrityError, transaction

from fondly.ground import clock

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
    """What an action function returns: the result and what the audit trail should say."""

    result: Result
    summary: str
    client_id: int | None = None
    undo: Undo | None = None


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


registry: dict[str, Declaration] = {}


def action(name: str, *, permission: str, summary: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare a write. The function takes (actor, given) and returns an Outcome."""

    def declare(function: Callable[..., Any]) -> Callable[..., Any]:
        hints = typing.get_type_hints(function)
        returned = typing.get_args(hints["return"])
        registry[name] = Declaration(
            name, permission, summary, hints["given"], returned[0] if returned else hints["return"], function
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
    if not actor.may(declaration.permission):
        raise NotAllowed(
            f"{actor.name} may not do this ({declaration.summary.lower()}). An admin can allow it in Team."
        )
    scoped = f"{actor.user_id or 0}:{key}" if key else ""
    try:
        with transaction.atomic():
            known = _seen(scoped, declaration, given)
            return known if known is not None else _run(declaration, actor, given, scoped)
    except IntegrityError:
        known = _seen(scoped, declaration, given)  # a twin request won the race for the same key
        if known is None:
            raise
        return known


def _run(declaration: Declaration, actor: Actor, given: Any, key: str) -> Performed[Any]:
    from fondly.ground.models import AuditEntry, UsedKey

    outcome = cast(Outcome[Any], declaration.run(actor, given))
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
            input_hash=_hash(given),
            result={"result": as_json(outcome.result), "summary": outcome.summary, "audit_id": entry.pk},
            at=clock.now(),
        )
    return Performed(outcome.result, outcome.summary, entry.pk, outcome.undo is not None)


def _seen(key: str, declaration: Declaration, given: Any) -> Performed[Any] | None:
    from fondly.ground.models import UsedKey

    used = UsedKey.objects.filter(pk=key).first() if key else None
    if used is None:
        return None
    if used.action != declaration.name or used.input_hash != _hash(given):
        raise Conflict("This idempotency key was already used for another request.")
    result = from_json(declaration.result, used.result["result"])
    return Performed(result, used.result["summary"], used.result["audit_id"], False)


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


def _hash(given: Any) -> str:
    text = json.dumps(as_json(given), sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()
