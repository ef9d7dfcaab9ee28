"""Secrets at rest: encrypted with a key derived from the install's secret key. Write-only through every door."""

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings

from fondly.ground.models import Setting


def store(name: str, secret: str) -> None:
    """Keep a secret under a setting name; an empty one removes it."""
    Setting.put(name, _fernet().encrypt(secret.encode()).decode() if secret else "")


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
