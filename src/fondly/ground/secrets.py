"""Secrets at rest: encrypted with a key derived from the install's secret key. Write-only through every door."""

import base64
import hashlib
from secrets import token_hex

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings

from fondly.ground.models import Setting


def store(name: str, secret: str) -> None:
    """Keep a secret under a setting name; an empty one removes it."""
    Setting.put(name, _fernet().encrypt(secret.encode()).decode() if secret else "")


def replace(name: str, secret: str) -> str:
    """Keep a secret, and beside it the one it replaces; returns what `put_back` needs to take this back."""
    change = token_hex(8)
    store(_former(name), f"{change} {reveal(name)}")
    store(name, secret)
    return change


def put_back(name: str, change: str) -> str:
    """The secret as it was before the last `replace`; returns what takes this back, "" when `change` was not the last.

    Nothing is put back then: who changed it since knows better.
    """
    known, _, former = reveal(_former(name)).partition(" ")
    return replace(name, former) if known == change else ""


def forget(name: str) -> None:
    """Remove a secret and the one it replaced."""
    store(name, "")
    store(_former(name), "")


def _former(name: str) -> str:
    return f"{name}.former"


def reveal(name: str) -> str:
    """The secret, or "" when none is stored or the install's key has changed since."""
    text = Setting.get(name)
    if not text:
        return ""
    try:
        return _fernet().decrypt(text.encode()).decode()
    except InvalidToken:
        return ""


def _fernet() -> Fernet:
    digest = hashlib.sha256(b"fondly secrets v1" + settings.SECRET_KEY.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(digest))
