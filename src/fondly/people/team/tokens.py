"""Random keys: made here, shown once, kept only as hashes."""

import hashlib
import secrets


def make() -> str:
    """A fresh random token of 256 bits, safe in an address."""
    return secrets.token_urlsafe(32)


def hashed(token: str) -> str:
    """What is kept of a token. It is random and long, so a plain hash cannot be turned back."""
    return hashlib.sha256(token.encode()).hexdigest()
