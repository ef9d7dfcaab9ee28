"""Another program that sends us behaviour events, met at the WSGI application as the web server would call it."""

import base64
import io
import json
from typing import Any

from django.conf import settings

from fondly.doors.segment.door import Door
from fondly.ground import config
from fondly.people.team import actions
from fondly.people.team.access import actor_of
from fondly.people.team.models import User


def others(environ, start_response):
    """What stands behind the door: the pages."""
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"a page"]


class Answered:
    def __init__(self, status: str, headers: list[tuple[str, str]], body: bytes) -> None:
        self.status, self.headers, self.body = int(status[:3]), dict(headers), body

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def taken(self) -> bool:
        return self.status == 200 and self.json == {"success": True}


class Program:
    """key "": none is sent."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.door = Door(others)

    def send(self, place: str, body: Any = None, **environ: str) -> Answered:
        data = body if isinstance(body, bytes) else json.dumps(body or {}).encode()
        given = {
            "REQUEST_METHOD": "POST", "PATH_INFO": f"/v1/{place}", "QUERY_STRING": "", "HTTP_HOST": "localhost",
            "SERVER_NAME": "localhost", "CONTENT_TYPE": "application/json", "CONTENT_LENGTH": str(len(data)),
            "wsgi.input": io.BytesIO(data), **basic(self.key), **environ,
        }  # fmt: skip
        told: list[Any] = []
        parts = self.door(given, lambda status, headers: told.extend((status, headers)))
        return Answered(told[0], told[1], b"".join(parts))

    def batch(self, *events: Any, **more: Any) -> Answered:
        return self.send("batch", {"batch": list(events), **more})


def basic(key: str) -> dict[str, str]:
    return {"HTTP_AUTHORIZATION": "Basic " + base64.b64encode(f"{key}:".encode()).decode()} if key else {}


def make_key(user: User, *scopes: str) -> tuple[int, str]:
    """The number of a new key, and the key."""
    made = actions.create_token(actor_of(user), actions.CreateToken("website", list(scopes or ("events",))))
    return made.token_id, made.token.get_secret_value()


def track(message_id: str, event: str = "Button Clicked", **more: Any) -> dict[str, Any]:
    return {"type": "track", "event": event, "userId": "u1", "messageId": message_id, **more}


def set_option(name: str, text: str) -> dict[str, config.Value]:
    """The settings with one of them set."""
    known = settings.FONDLY
    return {**known, name: config.Value(known[name].option, text, "environment")}
