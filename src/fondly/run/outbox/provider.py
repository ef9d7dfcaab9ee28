"""Headers with which a mail provider is told our Message-ID, where it would otherwise give the mail one of its own."""

from django.conf import settings

POSTMARK_ID = "fondly-id"  # at most 20 characters
_MOST_VALUE = 80


def headers(message_id: str) -> tuple[tuple[str, str], ...]:
    """Extra headers for this message; none for providers that keep the Message-ID."""
    if settings.FONDLY["FONDLY_MAIL_PROVIDER"].text.strip().lower() != "postmark" or len(message_id) > _MOST_VALUE:
        return ()
    return ((f"X-PM-Metadata-{POSTMARK_ID}", message_id),)
