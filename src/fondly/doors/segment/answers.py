"""What this door says: {"success": true}, or what is wrong, where, and how to mend it."""

import json
from dataclasses import dataclass

from fondly.doors.api.problems import Fault

MOST_FAULTS = 100  # told one by one in an answer


@dataclass(frozen=True, slots=True)
class Answer:
    """A status such as "200 OK", headers and a JSON body."""

    status: str
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()


TAKEN = Answer("200 OK", b'{"success": true}')


class Refusal(Exception):
    """The request, or a part of it, is not taken. Clients repeat after 429 and 5xx, and give up after other codes."""

    def __init__(
        self,
        status: str,
        code: str,
        message: str,
        *,
        faults: list[Fault] | None = None,
        headers: tuple[tuple[str, str], ...] = (),
    ) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message
        self.faults = faults or []
        self.headers = headers

    def answer(self) -> Answer:
        errors = [{"pointer": fault.pointer, "detail": fault.detail} for fault in self.faults[:MOST_FAULTS]]
        body = {"success": False, "code": self.code, "message": self.message} | ({"errors": errors} if errors else {})
        return Answer(self.status, json.dumps(body).encode(), self.headers)


def malformed(message: str) -> Refusal:
    return Refusal("400 Bad Request", "malformed", message)


def too_large(message: str) -> Refusal:
    return Refusal("413 Content Too Large", "too_large", message)


def no_key(message: str) -> Refusal:
    return Refusal(
        "401 Unauthorized", "not_signed_in", message, headers=(("WWW-Authenticate", 'Basic realm="Fondly"'),)
    )
