"""What the OpenAPI description says of this door is what the door does."""

import jsonschema
import pytest

from fondly.doors.api.openapi import document
from fondly.doors.segment.door import PLACES
from fondly.doors.segment.messages import KINDS
from tests.doors.segment.program import track

pytestmark = pytest.mark.django_db


def test_every_address_is_described_and_its_answers_are_as_described(website):
    paths = {path: each["post"] for path, each in document()["paths"].items() if path.startswith("/v1/")}
    assert set(paths) == {f"/v1/{name}" for name in (*KINDS, "batch")} <= {f"/v1/{name}" for name in PLACES}
    good, bad = {"batch": [track("m1")]}, {"batch": [{"type": "track", "userId": "u1"}]}
    batch = paths["/v1/batch"]
    schema = batch["requestBody"]["content"]["application/json"]["schema"]
    for body, fits in ((good, True), (bad, False)):
        assert jsonschema.Draft202012Validator(schema).is_valid(body) is fits
        answer = website.send("batch", body)
        assert answer.taken is fits
        jsonschema.validate(
            answer.json, batch["responses"][str(answer.status)]["content"]["application/json"]["schema"]
        )
