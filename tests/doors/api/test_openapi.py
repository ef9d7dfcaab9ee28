"""The description fits the standard and the program."""

import jsonschema
import pytest
from django.test import Client

from fondly.doors.api.openapi import document
from fondly.doors.api.views import SERVER_ONLY
from fondly.ground.action import registry


@pytest.fixture(scope="module")
def described():
    return document()


def references(node):
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def test_every_action_and_read_is_described(described):
    done = {path.removeprefix("/api/do/") for path in described["paths"] if path.startswith("/api/do/")}
    assert done == set(registry) - SERVER_ONLY
    assert {"/api/clients", "/api/clients/{client_id}/timeline", "/api/counts/exits"} <= set(described["paths"])


def test_every_reference_leads_somewhere_and_every_schema_is_one(described):
    schemas = described["components"]["schemas"]
    for reference in references(described):
        assert reference.rpartition("/")[2] in schemas, reference
    for schema in schemas.values():
        jsonschema.Draft202012Validator.check_schema(schema)


def test_operations_are_named_once_and_their_path_parameters_are_declared(described):
    operations = [operation for path in described["paths"].values() for operation in path.values()]
    names = [operation["operationId"] for operation in operations]
    assert len(names) == len(set(names))
    for path, methods in described["paths"].items():
        for operation in methods.values():
            declared = {p["name"] for p in operation["parameters"] if p["in"] == "path"}
            assert all(f"{{{name}}}" in path for name in declared) and path.count("{") == len(declared)
            assert {"200", "401", "403", "429"} <= set(operation["responses"])


@pytest.mark.django_db
def test_it_is_served_and_so_is_the_page_for_people():
    assert Client().get("/api/openapi.json").json()["openapi"] == "3.1.0"
    page = Client().get("/api/docs")
    assert page.status_code == 200 and b"/api/do/clients.create" in page.content
    assert b"http://cdn" not in page.content and b"https://cdn" not in page.content
