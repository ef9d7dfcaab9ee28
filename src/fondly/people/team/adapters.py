"""What Fondly does differently from django-allauth: no sign-up, no mail of its own, secrets encrypted at rest."""

import base64
import hashlib
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet
from django.conf import settings
from django.http import HttpRequest

_OBVIOUS = {"logged_in.txt", "logged_out.txt"}


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """People join by invitation only."""
        return False

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """All mail leaves through the outbox; sign-in never depends on it."""

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """As above."""

    def add_message(
        self, request: HttpRequest, level: int, message_template: str | None = None, *more: Any, **named: Any
    ) -> None:
        """Being signed in or out is plain to see; only the rest is worth a notice."""
        if message_template and message_template.rsplit("/", 1)[-1] in _OBVIOUS:
            return
        super().add_message(request, level, message_template, *more, **named)


class MFAAdapter(DefaultMFAAdapter):
    def encrypt(self, text: str) -> str:
        return _fernet().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _fernet().decrypt(encrypted_text.encode()).decode()

    def get_totp_issuer(self) -> str:
        return "Fondly"


def _fernet() -> Fernet:
    digest = hashlib.sha256(b"fondly factors v1" + settings.SECRET_KEY.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(digest))
