"""What a request brings: host, origin, key, body. Everything here may come from anybody."""

import base64
import binascii
import zlib
from typing import Any

from django.conf import settings
from django.http.request import split_domain_port, validate_host

from fondly.doors.segment.answers import Refusal, malformed, no_key, too_large

Environ = dict[str, Any]
LONGEST = 500 * 1024  # bytes of a body, also when it is unpacked
_JSON = ("application/json", "text/plain", "")  # browsers send text/plain, which asks for no preflight


def check(environ: Environ, place: str) -> None:
    """Everything that needs neither key nor body. Raises Refusal."""
    domain, _port = split_domain_port(environ.get("HTTP_HOST") or environ["SERVER_NAME"])
    if not domain or not validate_host(domain, settings.ALLOWED_HOSTS):
        raise malformed("This install does not answer to that host name. An admin can add it to FONDLY_HOSTS.")
    if not place:
        raise Refusal("404 Not Found", "not_found", "There is nothing here. Send to /v1/batch.")
    origin = environ.get("HTTP_ORIGIN")
    if origin and origin not in _origins():
        raise Refusal(
            "403 Forbidden",
            "not_allowed",
            "Pages of this origin may not send events. FONDLY_EVENTS_ORIGINS says which.",
        )
    if environ["REQUEST_METHOD"] not in ("POST", "OPTIONS"):
        raise Refusal("405 Method Not Allowed", "wrong_method", "Use POST.", headers=(("Allow", "POST, OPTIONS"),))
    asked = environ.get("QUERY_STRING", "").lower()
    if "key=" in asked or "fondly_" in asked:
        raise malformed(
            "A key in an address stays in logs. Send it by basic authentication, as the user with an empty password, "
            "and end this one under Your account."
        )


def _origins() -> list[str]:
    return [one.strip().rstrip("/") for one in settings.FONDLY["FONDLY_EVENTS_ORIGINS"].text.split(",") if one.strip()]


def for_page(environ: Environ) -> list[tuple[str, str]]:
    """What lets a page of an origin that may send read the answer."""
    origin = environ.get("HTTP_ORIGIN")
    if not origin or origin not in _origins():
        return []
    return [
        ("Access-Control-Allow-Origin", origin),
        ("Access-Control-Allow-Methods", "POST"),
        ("Access-Control-Allow-Headers", "authorization, content-type, content-encoding"),
        ("Access-Control-Max-Age", "86400"),
        ("Vary", "Origin"),
    ]


def secret(environ: Environ) -> str | None:
    """The key of the Authorization header, None without one. Raises Refusal."""
    scheme, _, rest = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
    if scheme.lower() == "bearer":
        return str(rest.strip())
    if scheme.lower() != "basic":
        return None
    try:
        return base64.b64decode(rest.strip(), validate=True).decode().partition(":")[0]
    except (binascii.Error, UnicodeDecodeError, ValueError) as error:
        raise no_key("The Authorization header cannot be read: it must be Basic and base64 of `key:`.") from error


def body(environ: Environ) -> bytes:
    kind = environ.get("CONTENT_TYPE", "").partition(";")[0].strip().lower()
    if kind not in _JSON:
        raise Refusal(
            "415 Unsupported Media Type", "not_json", "Send the body as JSON with `Content-Type: application/json`."
        )
    length = environ.get("CONTENT_LENGTH") or ""
    if length.isdigit() and int(length) > LONGEST:
        raise _too_long()
    body = bytes(environ["wsgi.input"].read(int(length) if length.isdigit() else LONGEST + 1))
    if len(body) > LONGEST:
        raise _too_long()
    return body


def unpacked(environ: Environ, body: bytes) -> bytes:
    """The body as it was before gzip; never more of it than fits. Raises Refusal."""
    packing = environ.get("HTTP_CONTENT_ENCODING", "").strip().lower()
    if packing in ("", "identity"):
        return body
    if packing != "gzip":
        raise Refusal("415 Unsupported Media Type", "not_json", "A body may be packed with gzip only.")
    unpacking = zlib.decompressobj(wbits=31)
    try:
        plain = unpacking.decompress(body, LONGEST + 1)
    except zlib.error as error:
        raise malformed(f"The body is not gzip: {error}.") from error
    if len(plain) > LONGEST:
        raise _too_long()
    if not unpacking.eof:
        raise malformed("The body is not gzip: it ends too early.")
    return plain


def _too_long() -> Refusal:
    return too_large(f"A request holds at most {LONGEST} bytes, also when unpacked. Send fewer events at a time.")
