"""The description for programs (/api/openapi.json) and for people (/api/docs), both from the same source."""

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from fondly.doors.api.openapi import declarations, document
from fondly.doors.api.problems import KINDS
from fondly.doors.api.reads import READS


@login_not_required
@require_safe
def openapi(request: HttpRequest) -> JsonResponse:
    """Open to all: it describes the program, not the business."""
    return JsonResponse(document())


@login_not_required
@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    schemas = document()["components"]["schemas"]
    actions = [(d, _fields(document()["paths"][f"/api/do/{d.name}"]["post"], schemas)) for d in declarations()]
    context = {"actions": actions, "reads": READS.values(), "problems": KINDS, "base": request.build_absolute_uri("/")}
    return render(request, "api/docs.html", context)


def _fields(operation: dict[str, Any], schemas: dict[str, Any]) -> list[tuple[str, str, bool]]:
    """(name, type in words, required) of an action's input."""
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    schema = schemas.get(schema.get("$ref", "").rpartition("/")[2], schema)
    required = schema.get("required", [])
    return [(name, _type(part), name in required) for name, part in schema.get("properties", {}).items()]


def _type(part: dict[str, Any]) -> str:
    if "anyOf" in part:
        return " or ".join(_type(option) for option in part["anyOf"])
    if part.get("type") == "array":
        return f"list of {_type(part.get('items', {}))}"
    return str(part.get("format") or part.get("type") or part.get("$ref", "value").rpartition("/")[2])
