"""The unsubscribe link of a message.

The token is 128 bits of a keyed hash of the message's effect key, and only its SHA-256 is
stored. So it names no client, cannot be guessed or made without the install's key, a stolen
database gives no working link, and rendering the same message again gives the same bytes,
which a random token would not.
"""

import base64
import hashlib
import hmac
from functools import lru_cache

from django.conf import settings


def token_for(effect_key: str) -> str:
    """22 URL-safe characters that stand for this message."""
    return base64.urlsafe_b64encode(_keyed("unsubscribe", effect_key)[:16]).rstrip(b"=").decode("ascii")


def hash_of(token: str) -> str:
    """What is stored of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def unsubscribe_url(token: str) -> str:
    """GET shows a page with a button and changes nothing; POST unsubscribes (RFC 8058)."""
    return f"{settings.FONDLY_URL}/unsubscribe/{token}"


def message_id(effect_key: str, domain: str) -> str:
    """The Message-ID without <>: stable for ever for one effect, and telling nothing about the client."""
    return f"{_keyed('message id', effect_key)[:20].hex()}@{domain}"


def _keyed(purpose: str, effect_key: str) -> bytes:
    return hmac.digest(_key(purpose, settings.SECRET_KEY), effect_key.encode(), "sha256")


@lru_cache(maxsize=8)
def _key(purpose: str, secret: str) -> bytes:
    return hashlib.sha256(f"fondly {purpose} v1 {secret}".encode()).digest()
