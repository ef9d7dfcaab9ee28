"""From a body of the Segment format to rows of behaviour events. Each value that does not fit is named by its place.

The format: https://segment.com/docs/connections/spec/common. This runs once for each of many thousand events a
second, so a row is made in one go, and only what is wrong costs more.
"""

import re
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic_core import from_json, to_json

from fondly.core.planner.zones import YEARS
from fondly.doors.api.problems import Fault
from fondly.doors.segment.answers import malformed
from fondly.ground.instants import stored
from fondly.measure.events.keeping import Row, key_of
from fondly.measure.events.models import ANONYMOUS, ID_LIMIT, NAME_LIMIT, BehaviourEvent

KINDS = frozenset({"track", "identify", "page", "screen", "group", "alias"})
MOST_EVENTS = 2500
EVENT_BYTES = 32 * 1024
_NEARLY = EVENT_BYTES - 4096  # what is not kept of an event is short, or else harms nobody
_LONE = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2}"
)
_NOTHING: Mapping[str, Any] = {}
_FOLLOW, _NO_MARK = int(BehaviourEvent.Todo.FOLLOW), int(BehaviourEvent.Todo.NOTHING)


class _Unfit(Exception):
    """One value of an event: its field and what is wrong with it."""

    def __init__(self, field: str, detail: str) -> None:
        super().__init__(detail)
        self.field, self.detail = field, detail


def parsed(body: bytes) -> dict[str, Any]:
    """The body's JSON object. Raises Refusal."""
    try:
        found = _json(body)
    except ValueError as error:
        raise malformed(f"The body is not JSON: {error}.") from error
    if not isinstance(found, dict):
        raise malformed("The body must be a JSON object: {...}.")
    return _without_nul(found) if b"\\u0000" in body else found


def _json(body: bytes) -> Any:
    """Half a character, which browsers make by cutting a text in the middle of an emoji, becomes U+FFFD."""
    try:
        return from_json(body, allow_inf_nan=False, cache_strings="keys")
    except ValueError:
        mended = _LONE.sub(rb"\\ufffd", body)
        if mended == body:
            raise
        return from_json(mended, allow_inf_nan=False, cache_strings="keys")


def _without_nul(value: Any) -> Any:
    """No text of a database can hold that character."""
    if isinstance(value, str):
        return value.replace("\0", "")
    if isinstance(value, list):
        return [_without_nul(one) for one in value]
    if isinstance(value, dict):
        return {_without_nul(key): _without_nul(one) for key, one in value.items()}
    return value


class Reader:
    """Reads the events of one request.

    received_at: our clock when it came. known: event as sent -> its name in a playbook, "" for none.
    """

    def __init__(self, given: dict[str, Any], received_at: datetime, known: Mapping[str, str]) -> None:
        self.rows: list[Row] = []
        self.faults: list[Fault] = []
        self._given = given
        self._received_at, self._received = received_at, stored(received_at)
        self._known = known

    def batch(self) -> None:
        """The events of `batch`; what stands beside it holds for all of them. Raises Refusal."""
        events = self._given.get("batch")
        if not isinstance(events, list):
            raise malformed("batch must be a list of events.")
        if len(events) > MOST_EVENTS:
            raise malformed(f"batch holds {len(events)} events; send at most {MOST_EVENTS} at a time.")
        shared = self._given.get("context") or {}
        if not isinstance(shared, dict):
            raise malformed("context must be an object.")
        self._read(events, "/batch/{place}", shared)

    def single(self, kind: str) -> None:
        """The one event that the whole body is."""
        self._given["type"] = kind
        self._read([self._given], "", {})

    def _read(self, events: list[Any], pointer: str, shared: dict[str, Any]) -> None:
        try:
            lag = self._lag(self._given)
        except _Unfit as unfit:
            raise malformed(f"{unfit.field} {unfit.detail}.") from unfit
        for place, event in enumerate(events):
            try:
                if type(event) is not dict:
                    raise _Unfit("", "must be an object")
                if shared:
                    event["context"] = {**shared, **_object(event, "context")}
                self.rows.append(self._row(event, lag))
            except _Unfit as unfit:
                field = f"/{unfit.field}" if unfit.field else ""
                self.faults.append(Fault(pointer.format(place=place) + field, unfit.detail))

    def _lag(self, given: dict[str, Any]) -> timedelta | None:
        """How far the sender's clock is behind ours, by when they say they sent it; None when they do not say."""
        sent_at = given.get("sentAt")
        return None if sent_at is None else self._received_at - _instant(sent_at, "sentAt")

    def _row(self, event: dict[str, Any], lag: timedelta | None) -> Row:
        kind = event.get("type")
        if type(kind) is not str or kind not in KINDS:
            raise _Unfit("type", f"must be one of {', '.join(sorted(KINDS))}")
        visitor, also = _who(event, kind)
        name = _name(event, kind)
        properties = _object(event, "traits" if kind in ("identify", "group") else "properties")
        if kind in ("page", "screen") and "category" in event and "category" not in properties:
            properties = {**properties, "category": event["category"]}
        follow = kind in ("identify", "alias") or (kind == "track" and self._known[name])
        message_id = _text(event, "messageId", ID_LIMIT) or uuid.uuid4().hex
        told, context = _dumped(properties), _dumped(_object(event, "context"))
        if len(told) + len(context) > _NEARLY:
            _refuse_long(event)
        return (
            message_id, key_of(message_id), kind, name, visitor, also, self._at(event, lag), self._received,
            told.decode(), context.decode(), _FOLLOW if follow else _NO_MARK,
        )  # fmt: skip

    def _at(self, event: dict[str, Any], lag: timedelta | None) -> Any:
        """When it happened, by our clock. Nothing can have happened after it was told."""
        timestamp = event.get("timestamp")
        if timestamp is None:
            return self._received
        if event.get("sentAt") is not None and event is not self._given:
            lag = self._lag(event)
        at = _instant(timestamp, "timestamp")
        at = at if lag is None else at + lag
        return stored(at) if at < self._received_at else self._received


def _who(event: dict[str, Any], kind: str) -> tuple[str, str]:
    """The visitor, and another id of the same one."""
    user = _text(event, "userId", ID_LIMIT)
    if user.startswith(ANONYMOUS):
        raise _Unfit("userId", f"may not begin with {ANONYMOUS}")
    if kind == "alias":
        previous = _text(event, "previousId", ID_LIMIT)
        if not user or not previous:
            raise _Unfit("previousId" if user else "userId", "is missing")
        return user, previous
    anonymous = _text(event, "anonymousId", ID_LIMIT)
    if not user and not anonymous:
        raise _Unfit("userId", "is missing, and so is anonymousId: one of them must say whose event it is")
    anonymous = ANONYMOUS + anonymous if anonymous else ""
    return (user, anonymous) if user else (anonymous, "")


def _name(event: dict[str, Any], kind: str) -> str:
    if kind == "track":
        name = _text(event, "event", NAME_LIMIT)
        if not name:
            raise _Unfit("event", "is missing: a track needs the name of what happened")
        return name
    if kind == "group":
        name = _text(event, "groupId", NAME_LIMIT)
        if not name:
            raise _Unfit("groupId", "is missing")
        return name
    if kind in ("page", "screen"):
        return _text(event, "name", NAME_LIMIT) or _text(event, "category", NAME_LIMIT)
    return ""


def _text(event: dict[str, Any], field: str, limit: int) -> str:
    """A short text; "" when there is none. Whole numbers, which many use as ids, are taken as text."""
    value = event.get(field)
    if type(value) is int:
        value = str(value)
    if type(value) is str:
        if len(value) > limit:
            raise _Unfit(field, f"is {len(value)} characters long; at most {limit} fit")
        return value
    if value is not None:
        raise _Unfit(field, "must be a text")
    return ""


def _object(event: dict[str, Any], field: str) -> Mapping[str, Any]:
    value = event.get(field)
    if value is None:
        return _NOTHING
    if type(value) is not dict:
        raise _Unfit(field, "must be an object")
    return value


def _instant(value: Any, field: str) -> datetime:
    """An instant, UTC. One without a zone is taken as UTC."""
    try:
        at = datetime.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise _Unfit(field, "is not an instant; write it like 2026-01-31T09:00:00.000Z") from error
    if at.year not in YEARS:
        raise _Unfit(field, f"is out of range: the year must lie between {YEARS[0]} and {YEARS[-1]}")
    return at.astimezone(UTC) if at.tzinfo is not None else at.replace(tzinfo=UTC)


def _dumped(value: Mapping[str, Any]) -> bytes:
    """As JSON. A number too large for any computer becomes null."""
    return to_json(value, inf_nan_mode="null") if value else b"{}"


def _refuse_long(event: dict[str, Any]) -> None:
    size = len(to_json(event))
    if size > EVENT_BYTES:
        raise _Unfit("", f"is {size} bytes long; an event holds at most {EVENT_BYTES}")
