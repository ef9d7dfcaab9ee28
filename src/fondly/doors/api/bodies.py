"""From JSON to an action's input, and back. Said exactly: which value, and why it does not fit."""

import dataclasses
import difflib
import functools
import json
from typing import Any

from django.http import HttpRequest
from pydantic import SecretStr, TypeAdapter, ValidationError

from fondly.doors.api.problems import Fault, Problem
from fondly.ground import nuls
from fondly.ground.action import Declaration


@functools.cache
def adapter(kind: type) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def json_body(request: HttpRequest) -> dict[str, Any]:
    """The request's JSON object; an empty body is an empty object. Raises Problem."""
    if request.body and request.content_type != "application/json":
        raise Problem("not_json", "Send the body as JSON with `Content-Type: application/json`.")
    try:
        body = json.loads(request.body or b"{}")
    except (ValueError, RecursionError) as error:
        raise Problem("malformed", f"The body is not JSON: {error}.") from error
    if not isinstance(body, dict):
        raise Problem("malformed", "The body must be a JSON object: {...}.")
    return body


def read(declaration: Declaration, body: dict[str, Any]) -> Any:
    """The action's input made from a JSON object. Raises Problem `invalid` naming every value that does not fit."""
    known = [field.name for field in dataclasses.fields(declaration.given)]
    faults = [Fault(f"/{name}", _unknown(name, known)) for name in body if name not in known]
    faults += [Fault(pointer, "holds a zero byte") for pointer in nuls.where(body)]
    if not faults:
        try:
            return adapter(declaration.given).validate_python(body)
        except ValidationError as error:
            faults = [_as_fault(entry) for entry in error.errors(include_url=False)]
    raise Problem("invalid", f"{faults[0].pointer}: {faults[0].detail}", faults=tuple(faults))


def write(kind: type, value: Any) -> Any:
    """An action's result as JSON values. A secret made just now is shown: this is the only time."""
    if not dataclasses.is_dataclass(value):
        return value
    shown = adapter(kind).dump_python(value, mode="json")
    for field in dataclasses.fields(value):
        held = getattr(value, field.name)
        if isinstance(held, SecretStr):
            shown[field.name] = held.get_secret_value()
    return shown


def _unknown(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f"is not a field of this action; did you mean {near[0]}?" if near else "is not a field of this action"


def _as_fault(entry: Any) -> Fault:
    return Fault("/" + "/".join(str(part) for part in entry["loc"]), entry["msg"])
