"""This door in the OpenAPI description."""

from typing import Any

from fondly.doors.segment.messages import EVENT_BYTES, ID_LIMIT, KINDS, MOST_EVENTS, NAME_LIMIT

Schema = dict[str, Any]
SCHEME = {"write_key": {"type": "http", "scheme": "basic", "description": "The key as the user, no password"}}
_ID: Schema = {"type": "string", "maxLength": ID_LIMIT}
_NAME: Schema = {"type": "string", "maxLength": NAME_LIMIT}
_AT: Schema = {"type": "string", "format": "date-time"}
_OBJECT: Schema = {"type": "object"}
_COMMON = {"messageId": _ID, "userId": _ID, "anonymousId": _ID, "timestamp": _AT, "sentAt": _AT, "context": _OBJECT}
_OWN: dict[str, Schema] = {
    "track": {"event": _NAME, "properties": _OBJECT},
    "identify": {"traits": _OBJECT},
    "page": {"name": _NAME, "category": _NAME, "properties": _OBJECT},
    "screen": {"name": _NAME, "category": _NAME, "properties": _OBJECT},
    "group": {"groupId": _NAME, "traits": _OBJECT},
    "alias": {"previousId": _ID},
}
_NEEDED = {"track": ["event"], "group": ["groupId"], "alias": ["userId", "previousId"]}
_SAID = {
    "400": "An event does not fit; the others of the batch are kept",
    "401": "A key is needed",
    "403": "This key, or pages of this origin, may not send events",
    "413": "The request is too large",
    "415": "The body must be JSON",
    "429": "Too many events; wait as long as Retry-After says",
    "503": "The database is busy; send it again",
}


def paths() -> Schema:
    """The addresses that take behaviour events."""
    found = {f"/v1/{kind}": _post(kind, f"Send in one {kind}", _event(kind)) for kind in sorted(KINDS)}
    return found | {"/v1/batch": _post("batch", "Send in behaviour events", _batch())}


def _post(name: str, summary: str, schema: Schema) -> Schema:
    answers = {"200": "Every event is kept"} | _SAID
    return {
        "post": {
            "operationId": f"events_{name}",
            "summary": summary,
            "description": f"The Segment tracking API. Needs the scope `events`. An event holds {EVENT_BYTES} bytes.",
            "tags": ["events"],
            "parameters": [],
            "security": [{"write_key": []}, {"token": []}],
            "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
            "responses": {code: _answer(words) for code, words in answers.items()},
        }
    }


def _answer(words: str) -> Schema:
    texts = {name: {"type": "string"} for name in ("code", "message")}
    properties = {"success": {"type": "boolean"}, **texts, "errors": {"type": "array", "items": _OBJECT}}
    schema = {"type": "object", "properties": properties, "required": ["success"]}
    return {"description": words, "content": {"application/json": {"schema": schema}}}


def _batch() -> Schema:
    kinds = [{**_event(kind), "title": kind} for kind in sorted(KINDS)]
    events = {"type": "array", "maxItems": MOST_EVENTS, "items": {"anyOf": kinds}}
    return {"type": "object", "properties": {"batch": events, "sentAt": _AT, "context": _OBJECT}, "required": ["batch"]}


def _event(kind: str) -> Schema:
    properties = {"type": {"const": kind}, **_COMMON, **_OWN[kind]}
    return {"type": "object", "properties": properties, "required": _NEEDED.get(kind, [])}
