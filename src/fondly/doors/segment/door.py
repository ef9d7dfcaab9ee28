"""The Segment tracking API: POST /v1/batch and its neighbours, answered before the pages' machinery.

A batch of a hundred events takes about a millisecond here. Sessions, CSRF, languages and templates, which a page
needs, would take longer than that by themselves. What guards a page guards this too: hosts, limits, safe headers.
"""

import logging
import time
from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.db import OperationalError, close_old_connections, connection

from fondly.doors.api import measuring
from fondly.doors.api.limits import Buckets
from fondly.doors.segment import asking
from fondly.doors.segment.answers import TAKEN, Answer, Refusal, no_key
from fondly.doors.segment.asking import Environ
from fondly.doors.segment.messages import KINDS, Reader, parsed
from fondly.ground import clock
from fondly.measure.events import keeping, known
from fondly.people.team import keys

log = logging.getLogger("fondly.events")
Wsgi = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]

PREFIX = "/v1/"
SCOPE = "events"
_BURST_SECONDS = 10
# Address -> what it takes. Libraries for browsers use the first letter.
PLACES = {name: name for name in (*KINDS, "batch")} | {"import": "batch"}
PLACES |= {name[0]: name for name in (*KINDS, "batch")}
_SAFE = (
    ("Content-Type", "application/json"),
    ("Cache-Control", "no-store"),
    ("X-Content-Type-Options", "nosniff"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
    ("Referrer-Policy", "same-origin"),
)


class Door:
    """A WSGI application that answers /v1/ itself and hands everything else on."""

    def __init__(self, others: Wsgi) -> None:
        self._others = others
        rate = int(settings.FONDLY["FONDLY_EVENTS_PER_SECOND"].text)
        self._buckets = Buckets(per_second=max(rate, 1), burst=max(rate, 1) * _BURST_SECONDS)

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if not path.startswith(PREFIX):
            return self._others(environ, start_response)
        began = time.perf_counter()
        place = PLACES.get(path[len(PREFIX) :], "")
        answer = self._answer(environ, place)
        measuring.observe(
            environ["REQUEST_METHOD"],
            path[1:] if place else "none",
            int(answer.status[:3]),
            time.perf_counter() - began,
        )
        length = ("Content-Length", str(len(answer.body)))
        start_response(answer.status, [*_SAFE, length, *answer.headers, *_strict(), *asking.for_page(environ)])
        return [answer.body]

    def _answer(self, environ: Environ, place: str) -> Answer:
        try:
            if not connection.in_atomic_block:  # of a test
                close_old_connections()
            asking.check(environ, place)
            if environ["REQUEST_METHOD"] == "OPTIONS":
                return Answer("204 No Content")
            self._take(environ, place)
        except Refusal as refusal:
            return refusal.answer()
        except OperationalError:
            log.warning("the database was busy; the sender will try again", exc_info=True)
            busy = Refusal("503 Service Unavailable", "busy", "Try again in a moment.", headers=(("Retry-After", "2"),))
            return busy.answer()
        except Exception:
            log.exception("behaviour events could not be taken")
            return Refusal(
                "500 Internal Server Error", "broken", "It is written in the log. Nothing was kept."
            ).answer()
        return TAKEN

    def _take(self, environ: Environ, place: str) -> None:
        """Keep every event that is in order; name those that are not. Raises Refusal."""
        secret = asking.secret(environ)
        holder = _holder(secret) if secret is not None else None
        body = asking.unpacked(environ, asking.body(environ))
        given = parsed(body)
        holder = holder or _holder(_secret_of_body(given))
        reader = Reader(given, clock.now(), known.spellings())
        reader.batch() if place == "batch" else reader.single(place)
        self._slow_down(holder, len(reader.rows))
        if reader.rows:
            keeping.keep(reader.rows)
        if reader.faults:
            raise _unfit(reader)

    def _slow_down(self, holder: keys.Holder, amount: int) -> None:
        wait = self._buckets.take(str(holder.token_id), amount)
        if wait:
            raise Refusal(
                "429 Too Many Requests", "too_many", f"Wait {wait} second(s).", headers=(("Retry-After", str(wait)),)
            )


def _secret_of_body(given: dict[str, Any]) -> str:
    secret = given.get("writeKey")
    if not isinstance(secret, str) or not secret:
        raise no_key(
            "Make a key for behaviour events under Your account and send it as the user of basic authentication."
        )
    return secret


def _holder(secret: str) -> keys.Holder:
    try:
        holder = keys.holder(secret)
    except keys.KeyRefused as refusal:
        raise no_key(str(refusal)) from refusal
    if SCOPE not in holder.permissions:
        raise Refusal("403 Forbidden", "not_allowed", f"This key may not send events. Make one with the scope {SCOPE}.")
    return holder


def _strict() -> list[tuple[str, str]]:
    seconds = settings.SECURE_HSTS_SECONDS
    return [("Strict-Transport-Security", f"max-age={seconds}")] if seconds else []


def _unfit(reader: Reader) -> Refusal:
    first, count = reader.faults[0], len(reader.faults)
    total = count + len(reader.rows)
    message = f"{count} of {total} events cannot be kept: {first.pointer} {first.detail}."
    if reader.rows:
        message += f" The other {len(reader.rows)} are kept."
    return Refusal("400 Bad Request", "invalid", message, faults=reader.faults)
