"""Errors as RFC 9457 problem details: what kind, what happened, which field, what to do."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse, JsonResponse

MEDIA_TYPE = "application/problem+json"

# code -> status, title. The type of a problem is its place on the local documentation page.
KINDS: dict[str, tuple[int, str]] = {
    "malformed": (400, "The request cannot be read"),
    "not_signed_in": (401, "A key is needed"),
    "not_allowed": (403, "This key may not do that"),
    "not_found": (404, "There is no such thing"),
    "wrong_method": (405, "This address does not answer that method"),
    "conflict": (409, "Somebody changed it meanwhile"),
    "too_large": (413, "The request is too large"),
    "not_json": (415, "The body must be JSON"),
    "invalid": (422, "A value does not fit"),
    "refused": (422, "It cannot be done"),
    "too_many": (429, "Too many requests"),
    "broken": (500, "Fondly made a mistake"),
    "busy": (503, "The database is busy"),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One value that does not fit: where (JSON pointer or parameter) and why."""

    pointer: str
    detail: str


class Problem(Exception):
    """Raised anywhere below an API view; the view answers with it."""

    def __init__(
        self, code: str, detail: str, *, faults: tuple[Fault, ...] = (), headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.faults = faults
        self.headers = headers or {}

    def response(self, instance: str) -> HttpResponse:
        """The answer; instance: the path that was asked for."""
        status, title = KINDS[self.code]
        body: dict[str, Any] = {
            "type": f"/api/docs#problem-{self.code}",
            "title": title,
            "status": status,
            "detail": self.detail,
            "instance": instance,
            "code": self.code,
        }
        if self.faults:
            body["errors"] = [{"pointer": fault.pointer, "detail": fault.detail} for fault in self.faults]
        return JsonResponse(body, status=status, content_type=MEDIA_TYPE, headers=self.headers)
