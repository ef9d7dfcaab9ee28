"""Behind a web server of one's own: who really asks, and whether they came over TLS."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from fondly.doors.web.middleware import Answer


class BehindProxies:
    """First of all, and only when FONDLY_PROXIES says how many web servers stand in front.

    Each of them adds the address it saw at the right of X-Forwarded-For. What stands further left was sent by the
    visitor, who may write there what they like: it is not looked at.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        seen = request.headers.get("X-Forwarded-For", "").split(",")[-settings.FONDLY_PROXIES :]
        address = seen[0].strip()
        if len(seen) == settings.FONDLY_PROXIES and _is_address(address):
            request.META["REMOTE_ADDR"] = address
        if request.headers.get("X-Forwarded-Proto") in ("http", "https"):
            request.META["wsgi.url_scheme"] = request.headers["X-Forwarded-Proto"]
        return self.get_response(request)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
