"""The OpenAPI 3.1 description, made from the action registry and the list of reads."""

import functools
from typing import Any

from pydantic import TypeAdapter

from fondly import __version__
from fondly.doors.api import bodies, shapes
from fondly.doors.api.number_paths import NUMBERS, TABLE_SUMMARY
from fondly.doors.api.pages import DEFAULT_LIMIT, MOST
from fondly.doors.api.problems import KINDS, MEDIA_TYPE
from fondly.doors.api.reads import READS, Read
from fondly.doors.api.views import SERVER_ONLY
from fondly.doors.segment import described
from fondly.ground.action import Declaration, registry

_REF = "#/components/schemas/{model}"
_ALWAYS = ("not_signed_in", "not_allowed", "too_many", "broken", "busy")
_WRITE = ("malformed", "not_found", "conflict", "too_large", "not_json", "invalid")
_READ = ("invalid",)
Schema = dict[str, Any]


def declarations() -> list[Declaration]:
    """The actions that can be done from outside, by name."""
    return [registry[name] for name in sorted(registry) if name not in SERVER_ONLY]


@functools.lru_cache(maxsize=1)
def document() -> Schema:
    """The whole description; the registry does not change after start."""
    kinds = _kinds()
    schemas, extra = TypeAdapter.json_schemas(
        [(kind, mode, bodies.adapter(kind)) for kind, mode in kinds], ref_template=_REF
    )
    paths = _action_paths(schemas) | _read_paths(schemas) | _other_paths(schemas) | _number_paths() | described.paths()
    components = {**extra.get("$defs", {}), "Problem": _problem_schema()}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Fondly", "version": __version__, "description": _ABOUT},
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}, **described.SCHEME},
            "schemas": components,
        },
    }


_ABOUT = (
    "Everything a person can click, a script can do. Make a key under Your account and send it as a bearer token. "
    "Lists are paged: follow `next`. A request with an Idempotency-Key can be repeated safely."
)


def _kinds() -> list[tuple[type, Any]]:
    """Every type that goes in (validation) or comes out (serialization), once."""
    found: dict[tuple[type, str], None] = {}
    for declaration in declarations():
        found[(declaration.given, "validation")] = None
        found[(declaration.result, "serialization")] = None
    for shape in (
        *(read.shape for read in READS.values()),
        shapes.WholeClient,
        shapes.Count,
        shapes.ExitCount,
        shapes.ErrandItem,
    ):
        found[(shape, "serialization")] = None
    return list(found)


def _action_paths(schemas: Any) -> Schema:
    return {f"/api/do/{d.name}": {"post": _action(d, schemas)} for d in declarations()}


def _action(declaration: Declaration, schemas: Any) -> Schema:
    key = {"name": "Idempotency-Key", "in": "header", "required": False, "schema": {"type": "string", "maxLength": 150}}
    return {
        "operationId": declaration.name.replace(".", "_"),
        "summary": declaration.summary,
        "description": f"{_about(declaration)}\n\nNeeds the scope `{declaration.permission}`.".strip(),
        "tags": [declaration.name.split(".")[0]],
        "parameters": [key],
        "requestBody": {"required": True, "content": _json(schemas[(declaration.given, "validation")])},
        "responses": _answers(_done(schemas[(declaration.result, "serialization")]), _WRITE)
        | _later(declaration, schemas),
    }


def _later(declaration: Declaration, schemas: Any) -> Schema:
    """Only actions over many things may go on after the answer."""
    if declaration.steps is None:
        return {}
    where = {"Location": {"description": "Where to see how far it is", "schema": {"type": "string"}}}
    errand = schemas[(shapes.ErrandItem, "serialization")]
    return {"202": {"description": "It goes on", "headers": where, "content": _json(errand)}}


def _about(declaration: Declaration) -> str:
    return (declaration.run.__doc__ or "").strip()


def _done(result: Schema) -> Schema:
    properties = {
        "result": result,
        "summary": {"type": "string"},
        "audit_id": {"type": ["integer", "null"]},
        "undoable": {"type": "boolean"},
    }
    return {"type": "object", "properties": properties, "required": list(properties)}


def _read_paths(schemas: Any) -> Schema:
    return {read.path: {"get": _read(name, read, schemas)} for name, read in READS.items()}


def _read(name: str, read: Read, schemas: Any) -> Schema:
    parameters = [_parameter(filter_) for filter_ in read.filters]
    parameters += [_parameter("cursor"), _parameter("limit", _limit_schema())]
    problems: tuple[str, ...] = _READ
    if "{client_id}" in read.path:
        parameters.insert(0, _client_id())
        problems = (*_READ, "not_found")
    answer = _list_of(schemas[(read.shape, "serialization")])
    return _get(f"list_{name}", read.summary, parameters, answer, problems)


def _other_paths(schemas: Any) -> Schema:
    one = schemas[(shapes.WholeClient, "serialization")]
    events = _list_of(schemas[(shapes.Count, "serialization")])
    exits = _list_of(schemas[(shapes.ExitCount, "serialization")])
    which, named = _parameter("playbook"), _parameter("name")
    both = ("invalid", "not_found")
    errand = schemas[(shapes.ErrandItem, "serialization")]
    return {
        "/api/errands/{errand_id}": {
            "get": _get("get_errand", "How far a long action is", [_number_in_path("errand_id")], errand, both)
        },
        "/api/clients/{client_id}": {"get": _get("get_client", "One client", [_client_id()], one, both)},
        "/api/counts/events": {"get": _get("count_events", "Journeys by event", [which, named], events, both)},
        "/api/counts/exits": {"get": _get("count_exits", "Journeys by how they stand", [which], exits, both)},
    }


def _number_paths() -> Schema:
    name = {"name": "name", "in": "path", "required": True, "schema": {"type": "string"}}
    told = {}
    for path, (operation, summary, words, answer) in NUMBERS.items():
        parameters = [name] * ("{name}" in path) + [_parameter(word) for word in words]
        told[path] = {"get": _get(operation, summary, parameters, answer, ("invalid",))}
    table = _get("get_table", TABLE_SUMMARY, [name], {}, ("invalid", "not_found"))
    file = {"application/vnd.apache.parquet": {"schema": {"type": "string", "format": "binary"}}}
    table["responses"]["200"] = {"description": "Done", "content": file}
    return {**told, "/api/tables/{name}": {"get": table}}


def _get(operation: str, summary: str, parameters: list[Schema], answer: Schema, problems: tuple[str, ...]) -> Schema:
    return {
        "operationId": operation,
        "summary": summary,
        "description": "Needs the scope `read`.",
        "tags": ["reads"],
        "parameters": parameters,
        "responses": _answers(answer, problems),
    }


def _answers(schema: Schema, problems: tuple[str, ...]) -> Schema:
    found: Schema = {"200": {"description": "Done", "content": _json(schema)}}
    for code in (*problems, *_ALWAYS):
        status, title = KINDS[code]
        content = {MEDIA_TYPE: {"schema": {"$ref": _REF.format(model="Problem")}}}
        found[str(status)] = {"description": title, "content": content}
    return found


def _list_of(schema: Schema) -> Schema:
    properties = {"items": {"type": "array", "items": schema}, "next": {"type": ["string", "null"]}}
    return {"type": "object", "properties": properties, "required": ["items", "next"]}


def _json(schema: Schema) -> Schema:
    return {"application/json": {"schema": schema}}


def _parameter(name: str, schema: Schema | None = None) -> Schema:
    return {"name": name, "in": "query", "required": False, "schema": schema or {"type": "string"}}


def _limit_schema() -> Schema:
    return {"type": "integer", "minimum": 1, "maximum": MOST, "default": DEFAULT_LIMIT}


def _client_id() -> Schema:
    return _number_in_path("client_id")


def _number_in_path(name: str) -> Schema:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "integer", "minimum": 0}}


def _problem_schema() -> Schema:
    text = {"type": "string"}
    fault = {"type": "object", "properties": {"pointer": text, "detail": text}, "required": ["pointer", "detail"]}
    properties = {
        "type": text,
        "title": text,
        "status": {"type": "integer"},
        "detail": text,
        "instance": text,
        "code": {"type": "string", "enum": list(KINDS)},
        "errors": {"type": "array", "items": fault},
    }
    required = [name for name in properties if name != "errors"]
    return {"type": "object", "properties": properties, "required": required}
